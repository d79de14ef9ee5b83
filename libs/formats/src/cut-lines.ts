import type { CutChunk, CutOptions, PositionalReader } from '@millrace/contracts';
import { CHUNK_FLAG, LIMITS } from '@millrace/contracts';
import { BOM, isSpace, LF } from './bytes.js';
import { readExactly } from './read-window.js';

const SCAN_BYTES = 256 * 1024;

/** Where the lines of a text begin: behind its byte order mark. */
export async function readLinesBegin(
  read: PositionalReader,
  end: number,
): Promise<{ header: Buffer; header_end: number }> {
  const begin = await readExactly(read, 0, Math.min(BOM.length, end));
  return { header: Buffer.alloc(0), header_end: begin.equals(BOM) ? BOM.length : 0 };
}

/**
 * Cuts the next chunk of a text with a record a line, as libs/csv's nextChunk does. Each line that is not blank is a record,
 * whatever it holds. A line over the limit is flagged.
 * @param from where a line begins
 * @throws MillraceError SOURCE_CHANGED when the source ends before `end`
 */
export async function nextJsonLines(
  read: PositionalReader,
  from: number,
  end: number,
  options: CutOptions = {},
): Promise<CutChunk | null> {
  const { sealed = true, chunk_bytes = LIMITS.chunk_bytes, chunk_records = LIMITS.chunk_records } = options;
  const size = Math.min(chunk_bytes, end - from);
  if (size <= 0) return null;
  const window = read.lend ? await read.lend(from, size) : await readExactly(read, from, size);
  const isRest = from + size === end;
  const cut = cutLines(window, chunk_records, sealed && isRest);
  if (cut.size > 0) {
    const raw = window.subarray(0, cut.size);
    return { byte_start: from, byte_end: from + cut.size, records: cut.records, flags: 0, raw };
  }
  if (isRest && size < chunk_bytes) return null;
  return cutLongLine(read, from, end, window, sealed);
}

function cutLines(window: Buffer, limit: number, isLast: boolean): { size: number; records: number } {
  let at = 0;
  let records = 0;
  while (at < window.length) {
    const line_end = window.indexOf(LF, at);
    if (line_end < 0 && !isLast) break;
    const next = line_end < 0 ? window.length : line_end + 1;
    if (!isBlankLine(window, at, next)) {
      if (records === limit) break;
      records++;
    }
    at = next;
  }
  return { size: at, records };
}

/** Whether `bytes[from .. to)` is nothing but blanks. */
export function isBlankLine(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from;
  while (at < to && isSpace(bytes[at])) at++;
  return at === to;
}

/** A line longer than a chunk is one reject. Where it begins with so many blanks, they are left behind. */
async function cutLongLine(
  read: PositionalReader,
  from: number,
  end: number,
  window: Buffer,
  sealed: boolean,
): Promise<CutChunk | null> {
  if (isBlankLine(window, 0, window.length)) {
    return { byte_start: from, byte_end: from + window.length, records: 0, flags: 0, raw: window };
  }
  const line_end = await findLineEnd(read, from + window.length, end);
  if (line_end === null && !sealed) return null;
  const raw = Buffer.from(window.subarray(0, LIMITS.reject_raw_bytes));
  return { byte_start: from, byte_end: line_end ?? end, records: 1, flags: CHUNK_FLAG.record_too_long, raw };
}

/** First byte behind the next LF; null when there is none before `end`. */
export async function findLineEnd(read: PositionalReader, from: number, end: number): Promise<number | null> {
  for (let at = from; at < end; at += SCAN_BYTES) {
    const window = await readExactly(read, at, Math.min(SCAN_BYTES, end - at));
    const found = window.indexOf(LF);
    if (found >= 0) return at + found + 1;
  }
  return null;
}
