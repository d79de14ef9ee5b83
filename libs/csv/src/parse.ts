import { type Dialect, isPlain, LIMITS, MillraceError, PLAIN_DIALECT } from '@millrace/contracts';
import { blankLineEnd, COMMA, CR, closingQuote, HASH, isBlank, LF, QUOTE, SPACE } from './bytes.js';
import { machineOf } from './machine/dialect-machine.js';
import { scanRecord } from './machine/scan-record.js';
import { fieldTexts } from './machine/values.js';
import { type ParseOptions, parseRecordsOf, parseUntrimmed } from './parse-any.js';
import { holdsDirt, openRecords, RECORD_FAULT, type Records, SLOT_STRIDE, set } from './records.js';

/** State of a quoted field that the byte loop met: where the loop goes on, and where the value stands. */
const quoted = { at: 0, start: 0, end: 0, scratch: 0, resync: true };

/**
 * Parses whole records. Comment and blank lines are skipped as the cutter does.
 * @param raw at most LIMITS.chunk_bytes @param fields for each field of the header its slot, -1 = not wanted
 * @param slots how many slots there are @param dialect default: the plain one, which is the fast path without options
 * @throws MillraceError MESSAGE_CONTRACT when `raw` is larger or holds more than LIMITS.chunk_records
 */
export function parseRecords(
  raw: Uint8Array,
  fields: Int32Array,
  slots: number,
  dialect: Dialect = PLAIN_DIALECT,
  options: ParseOptions = {},
): Records {
  const { width = fields.length, trim = true } = options;
  if (!trim || width !== fields.length || !isPlain(dialect)) {
    return parseRecordsOf(machineOf(dialect), raw, fields, slots, options);
  }
  openRecords(raw, slots);
  set.dirty = holdsDirt(set, raw.length);
  // A last record without newline ends like any other.
  set.bytes[raw.length] = LF;
  quoted.scratch = set.spare;
  quoted.resync = true;
  const count = parseAll(0, raw.length, 0, LIMITS.chunk_records, fields);
  if (count < 0) throw new MillraceError('MESSAGE_CONTRACT', `over ${LIMITS.chunk_records} records in a chunk`);
  set.count = count;
  set.spare = quoted.scratch;
  return set;
}

/**
 * Parses `bytes[from .. end)` of the opened working set as record `row`, which those bytes must be by the rules of a file,
 * with or without its line end.
 * @param trim whether values are trimmed
 * @returns false when they hold no record (a comment, blanks) or more than one
 */
export function parseRecord(from: number, end: number, row: number, fields: Int32Array, trim = true): boolean {
  const { bytes } = set;
  let size = end;
  while (size > from && (bytes[size - 1] === LF || bytes[size - 1] === CR)) size--;
  if (!trim) return parseUntrimmed(machineOf(PLAIN_DIALECT), from, size, end, row, fields);
  const behind = bytes[size];
  bytes[size] = LF;
  quoted.scratch = set.spare;
  quoted.resync = false;
  const count = parseAll(from, size, row, row + 1, fields);
  set.spare = quoted.scratch;
  bytes[size] = behind;
  set.record_start[row] = from;
  set.record_end[row] = end;
  return count === row + 1;
}

/**
 * The loop over the bytes from `begin` on: record `first` and the following ones. Answers how many records there are then, -1
 * when there are more than `limit`. It ends in nothing but its result: V8 optimises it while it runs.
 */
function parseAll(begin: number, size: number, first: number, limit: number, fields: Int32Array): number {
  const { bytes, start, end, record_start, record_end } = set;
  const width = fields.length;
  let count = first;
  let at = begin;
  while (at < size) {
    if (bytes[at] <= HASH) {
      const next = skipLine(bytes, at, size);
      if (next > at) {
        set.skipped++;
        at = next;
        continue;
      }
    }
    if (count === limit) return -1;
    record_start[count] = at;
    let field = 0;
    let value_start = at;
    for (;;) {
      let byte = bytes[at];
      while (byte > COMMA) byte = bytes[++at];
      let from = value_start;
      let to = at;
      if (byte !== COMMA && byte !== LF) {
        if (byte !== QUOTE || at !== value_start) {
          at++;
          continue;
        }
        if (!readQuoted(bytes, at + 1, size)) set.faults[count] = RECORD_FAULT.unclosed_quote;
        at = quoted.at;
        from = quoted.start;
        to = quoted.end;
        byte = bytes[at];
      }
      if (field < width) {
        const slot = fields[field];
        if (slot >= 0) {
          while (from < to && bytes[from] <= SPACE && isBlank(bytes[from])) from++;
          while (from < to && bytes[to - 1] <= SPACE && isBlank(bytes[to - 1])) to--;
          const entry = slot * SLOT_STRIDE + count;
          start[entry] = from;
          end[entry] = to;
        }
      }
      field++;
      at++;
      value_start = at;
      if (byte === LF) break;
    }
    if (field !== width && set.faults[count] === RECORD_FAULT.none) set.faults[count] = RECORD_FAULT.ragged;
    record_end[count++] = at - 1;
  }
  return count;
}

/** First byte behind the comment or blank line at `at`; `at` itself when a record begins there. */
function skipLine(bytes: Buffer, at: number, size: number): number {
  if (bytes[at] === HASH) return bytes.indexOf(LF, at) + 1;
  return blankLineEnd(bytes, at, size) + 1 || at;
}

/**
 * Reads the quoted field whose content begins at `from`: sets `quoted.at` to the delimiter or LF behind it (to the
 * next LF, or for a single record to `size`, and answers false, when the quote never closes) and `quoted.start`, `quoted.end` to its value, which is unescaped into the scratch region when it must be.
 */
function readQuoted(bytes: Buffer, from: number, size: number): boolean {
  const close = closingQuote(bytes, from, size);
  quoted.at = size;
  quoted.start = from;
  quoted.end = from;
  if (close < 0) {
    // As the cutter does: the damage ends with the line.
    if (quoted.resync) quoted.at = bytes.indexOf(LF, from);
    return false;
  }
  let escapes = bytes.indexOf(QUOTE, from) < close;
  let at = close + 1;
  if (bytes[at] === CR && bytes[at + 1] === LF) at++;
  else if (bytes[at] !== COMMA && bytes[at] !== LF) escapes = true;
  quoted.at = at;
  quoted.end = close;
  if (!escapes) return true;

  let to = quoted.scratch;
  quoted.start = to;
  for (let read = from; read < close; read++) {
    const byte = bytes[read];
    bytes[to++] = byte;
    if (byte === QUOTE) read++;
  }
  for (at = close + 1; bytes[at] !== COMMA && bytes[at] !== LF; at++) bytes[to++] = bytes[at];
  quoted.at = at;
  quoted.end = to;
  quoted.scratch = to;
  return true;
}

/**
 * The trimmed fields of one record of any width as text. Not for the hot path.
 * @returns null when a quote of the plain dialect never closes; in any other, that quote is literal
 */
export function fieldsOf(record: Buffer, dialect: Dialect = PLAIN_DIALECT): string[] | null {
  if (isPlain(dialect)) return plainFieldsOf(record);
  const machine = machineOf(dialect);
  scanRecord(machine, record, 0, record.length, true);
  return fieldTexts(machine, record, true);
}

function plainFieldsOf(record: Buffer): string[] | null {
  const bytes = Buffer.alloc(2 * record.length + 2);
  record.copy(bytes);
  bytes[record.length] = LF;
  quoted.scratch = record.length + 1;
  const fields: string[] = [];
  for (let at = 0; ; at++) {
    let from = at;
    let to = at;
    if (bytes[at] === QUOTE) {
      if (!readQuoted(bytes, at + 1, record.length)) return null;
      at = quoted.at;
      from = quoted.start;
      to = quoted.end;
    } else {
      while (bytes[at] !== COMMA && bytes[at] !== LF) at++;
      to = at;
    }
    while (from < to && isBlank(bytes[from])) from++;
    while (from < to && isBlank(bytes[to - 1])) to--;
    fields.push(bytes.toString('utf8', from, to));
    if (bytes[at] === LF) return fields;
  }
}
