import {
  CHUNK_FLAG,
  type CutChunk,
  type CutOptions,
  type Dialect,
  isPlain,
  LIMITS,
  type PositionalReader,
} from '@millrace/contracts';
import { blankLineEnd, HASH, isBlank, LF, QUOTE, recordEnd, unclosedRecordEnd } from './bytes.js';
import { nextChunkOf } from './cut-any.js';
import { machineOf } from './machine/dialect-machine.js';
import { lendWindow, scanBlankLine, scanLine } from './read.js';

export interface CsvCutOptions extends CutOptions {
  /** Default: the plain one. */
  dialect?: Dialect;
  /** Not for the plain dialect: tells a second table. Without it, the source is one table. */
  table?: TableState;
}

export interface TableState {
  /** The header's bytes, as `readHeader` gives them. */
  header: Buffer;
  /** Whether a chunk before was flagged `other_table`: then all that follow are. */
  other: boolean;
}

/**
 * Cuts the next chunk: as many whole records as the limits allow. The same bytes, `from`, limits and options always give the
 * same chunk. Holds one window of `chunk_bytes`, and some more in a dialect that is not plain.
 * @param from byte position of a record's begin @param end the source's size, as sealed
 * @returns null when nothing is left (or, unsealed, no whole record)
 * @throws MillraceError SOURCE_CHANGED when the source ends before `end`
 */
export async function nextChunk(
  read: PositionalReader,
  from: number,
  end: number,
  options: CsvCutOptions = {},
): Promise<CutChunk | null> {
  const { sealed = true, chunk_bytes = LIMITS.chunk_bytes, chunk_records = LIMITS.chunk_records, dialect } = options;
  if (dialect && !isPlain(dialect)) return nextChunkOf(machineOf(dialect), read, from, end, options);
  const size = Math.min(chunk_bytes, end - from);
  if (size <= 0) return null;
  const window = await lendWindow(read, from, size);
  const rest = from + size === end;
  let cut = cutWindow(window, chunk_records, sealed && rest);
  if (cut.end === 0 && size === chunk_bytes && chunk_records > 0) cut = cutBehindUnclosed(window, chunk_records);
  if (cut.end > 0) {
    const raw = window.subarray(0, cut.end);
    return { byte_start: from, byte_end: from + cut.end, records: cut.records, flags: 0, raw };
  }
  if (rest && size < chunk_bytes) return null;
  return cutLongLine(read, from, end, window, sealed);
}

/**
 * Whole records at the begin of `window`, up to `limit` data records: where they end, and how many.
 * @param last whether the source ends with the window: a last record without newline then counts as whole
 */
export function cutWindow(window: Buffer, limit: number, last: boolean): { end: number; records: number } {
  counted[0] = 0;
  return { end: walk(window, 0, limit, last), records: counted[0] };
}

/**
 * The same for a full window within which its first record does not end: where a quote of it is the cause, the record ends with
 * its line, and others follow.
 */
function cutBehindUnclosed(window: Buffer, limit: number): { end: number; records: number } {
  const first = window[0];
  const from =
    first === HASH || (isBlank(first) && blankLineEnd(window, 0, window.length) >= 0)
      ? -1
      : unclosedRecordEnd(window, 0, window.length);
  if (from < 0) return { end: 0, records: 0 };
  counted[0] = 1;
  return { end: walk(window, from, limit, false), records: counted[0] };
}

const counted = new Uint32Array(1);

/** Leaves the number of records in `counted`: V8 keeps the optimised loop only when nothing but a result comes behind it. */
function walk(window: Buffer, from: number, limit: number, last: boolean): number {
  const size = window.length;
  let at = from;
  // The next quote at or behind `at`: a line that ends before it needs no quote state.
  let quote = window.indexOf(QUOTE, from);
  while (at < size && counted[0] < limit) {
    const first = window[at];
    const line_end = window.indexOf(LF, at) + 1;
    let next = line_end;
    let counts = 1;
    if (first === HASH || (isBlank(first) && blankLineEnd(window, at, size) >= 0)) {
      counts = 0;
    } else if (quote >= 0 && (line_end === 0 || quote < line_end)) {
      next = recordEnd(window, at, size);
    }
    if (next <= 0) {
      if (!last) return at;
      next = unclosedRecordEnd(window, at, size);
      if (next < 0) next = size;
    }
    counted[0] += counts;
    at = next;
    if (quote >= 0 && quote < at) quote = window.indexOf(QUOTE, at);
  }
  return at;
}

/** A line longer than a chunk: one reject, or nothing when it is a comment or blank. It ends at the next LF, quotes or not. */
async function cutLongLine(
  read: PositionalReader,
  from: number,
  end: number,
  window: Buffer,
  sealed: boolean,
): Promise<CutChunk | null> {
  const line_end = await scanLine(read, from + window.length, end);
  if (line_end < 0 && !sealed) return null;
  const skipped = window[0] === HASH || (isBlank(window[0]) && (await scanBlankLine(read, from, end)));
  return {
    byte_start: from,
    byte_end: line_end < 0 ? end : line_end,
    records: skipped ? 0 : 1,
    flags: skipped ? 0 : CHUNK_FLAG.record_too_long,
    raw: Buffer.from(window.subarray(0, LIMITS.reject_raw_bytes)),
  };
}
