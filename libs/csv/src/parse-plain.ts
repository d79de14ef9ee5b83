import { blankLineEnd, COMMA, HASH, isBlank, LF, QUOTE, SPACE } from './bytes.js';
import { quoted, readQuoted } from './read-quoted.js';
import { RECORD_FAULT, SLOT_STRIDE, scannable, set } from './records.js';

/*
 * Constants of this module: V8 compiles them into the loops, where it would look up those of another one, and what an object
 * holds, for each field. Parsing comes before whatever replaces the bytes of the working set.
 */
const { bytes, stops, findStops } = scannable;
const [lf, quote, space, stride] = [LF, QUOTE, SPACE, SLOT_STRIDE];
const is_blank = Uint8Array.from({ length: 256 }, (_, byte) => (isBlank(byte) ? 1 : 0));

/** How many of the stops are of the bytes at work. */
let stop_count = 0;

/**
 * Parses the bytes of the working set from `begin` on, behind which stands an LF, in the plain dialect: record `first` and the following ones.
 * It goes by the stops: delimiters, line ends and quotes, which are found for all of the bytes before.
 * @returns how many records there are then, -1 when there are more than `limit`
 */
export function parsePlain(begin: number, size: number, first: number, limit: number, fields: Int32Array): number {
  stop_count = findStops(begin, size + 1, COMMA, LF, QUOTE, QUOTE);
  let count = first;
  let at = begin;
  let next = 0;
  while (at < size) {
    if (bytes[at] <= HASH) {
      const behind = skipLine(at, size);
      if (behind > at) {
        set.skipped++;
        at = behind;
        next = stopBehind(next, at - 1);
        continue;
      }
    }
    if (count === limit) return -1;
    const first_stop = next;
    next = takeRecord(at, first_stop, count, fields, set.start, set.end);
    if (next < 0) next = takeQuotedRecord(at, first_stop, size, count, fields);
    at = stops[next - 1] + 1;
    count++;
  }
  return count;
}

/** First byte behind the comment or blank line at `at`; `at` itself when a record begins there. */
function skipLine(at: number, size: number): number {
  if (bytes[at] === HASH) return bytes.indexOf(LF, at) + 1;
  return blankLineEnd(bytes, at, size) + 1 || at;
}

/** The first stop from `next` on that stands behind `at`. */
function stopBehind(next: number, at: number): number {
  let stop = next;
  while (stop < stop_count && stops[stop] <= at) stop++;
  return stop;
}

/**
 * Takes the record at `begin`, whose first stop is `first_stop`, as record `row`; answers the stop behind its line end, -1 when a
 * field of it is quoted. A function of its own, as V8 optimises such ones as a whole, where it would leave the loops of a
 * chunk half-way and start anew with each; and one that calls nothing, as behind a call everything must be looked up again.
 */
function takeRecord(
  begin: number,
  first_stop: number,
  row: number,
  fields: Int32Array,
  start: Uint32Array,
  end: Uint32Array,
): number {
  const width = fields.length;
  let next = first_stop;
  let at = begin;
  let field = 0;
  for (let byte = 0; byte !== lf; field++) {
    let from = at;
    let to = stops[next++];
    byte = bytes[to];
    if (byte === quote) {
      if (to === at) return -1;
      // Where no field begins it is a character like others.
      for (; byte === quote; byte = bytes[to]) to = stops[next++];
    }
    at = to + 1;
    if (field >= width) continue;
    const slot = fields[field];
    if (slot < 0) continue;
    while (from < to && bytes[from] <= space && is_blank[bytes[from]] !== 0) from++;
    while (from < to && bytes[to - 1] <= space && is_blank[bytes[to - 1]] !== 0) to--;
    const entry = slot * stride + row;
    start[entry] = from;
    end[entry] = to;
  }
  endRecord(row, begin, at - 1, field, width);
  return next;
}

/** The same for a record with quoted fields. */
function takeQuotedRecord(begin: number, first_stop: number, size: number, row: number, fields: Int32Array): number {
  const { start, end } = set;
  let next = first_stop;
  let at = begin;
  let field = 0;
  for (let byte = 0; byte !== lf; field++) {
    let from = at;
    let to = stops[next++];
    byte = bytes[to];
    if (byte === quote && to === at) {
      if (!readByStops(next, size)) set.faults[row] = RECORD_FAULT.unclosed_quote;
      from = quoted.start;
      to = quoted.end;
      next = stopBehind(next, quoted.at);
      byte = bytes[quoted.at];
      at = quoted.at + 1;
    } else {
      for (; byte === quote; byte = bytes[to]) to = stops[next++];
      at = to + 1;
    }
    const slot = field < fields.length ? fields[field] : -1;
    if (slot < 0) continue;
    while (from < to && is_blank[bytes[from]] !== 0) from++;
    while (from < to && is_blank[bytes[to - 1]] !== 0) to--;
    start[slot * stride + row] = from;
    end[slot * stride + row] = to;
  }
  endRecord(row, begin, at - 1, field, fields.length);
  return next;
}

/** `readQuoted` of the field whose quote is stop `next - 1`: at once when the next quote closes it and has a stop behind it. */
function readByStops(next: number, size: number): boolean {
  const from = stops[next - 1] + 1;
  let close = next;
  while (close < stop_count && bytes[stops[close]] !== quote) close++;
  const behind = stops[close] + 1;
  if (close + 1 >= stop_count || stops[close + 1] !== behind || bytes[behind] === quote) {
    return readQuoted(bytes, from, size);
  }
  quoted.start = from;
  quoted.end = behind - 1;
  quoted.at = behind;
  return true;
}

function endRecord(row: number, begin: number, end: number, fields: number, width: number): void {
  set.record_start[row] = begin;
  set.record_end[row] = end;
  if (fields !== width && set.faults[row] === RECORD_FAULT.none) set.faults[row] = RECORD_FAULT.ragged;
}
