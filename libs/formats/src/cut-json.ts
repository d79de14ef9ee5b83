import type { CutChunk, CutOptions, PositionalReader } from '@millrace/contracts';
import { CHUNK_FLAG, LIMITS } from '@millrace/contracts';
import { BOM, CLOSE_BRACKET, isSpace, OPEN_BRACKET } from './bytes.js';
import { failure } from './content/failure.js';
import { JsonItems, type JsonText } from './json/json-items.js';
import { ItemScan } from './json/scan-item.js';
import { readExactly } from './read-window.js';

const SCAN_BYTES = 256 * 1024;

/**
 * Where the items of a JSON text begin. Of an array that is behind its bracket, which stands for a header; everything else
 * is read as values one behind the other, from its begin.
 */
export async function readJsonBegin(
  read: PositionalReader,
  end: number,
): Promise<{ header: Buffer; header_end: number }> {
  for (let at = 0; at < end; ) {
    const window = await readExactly(read, at, Math.min(SCAN_BYTES, end - at));
    const from = at === 0 && window.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
    const first = window.findIndex((byte, index) => index >= from && !isSpace(byte));
    if (first >= 0) {
      if (window[first] !== OPEN_BRACKET) break;
      return { header: Buffer.of(OPEN_BRACKET), header_end: at + first + 1 };
    }
    at += window.length;
  }
  return { header: Buffer.alloc(0), header_end: 0 };
}

/** Whether the items stand in an array, by what `readJsonBegin` gave. */
export function isJsonArray(header: Uint8Array): boolean {
  return header.length > 0;
}

/**
 * Cuts the next chunk of a JSON text, as libs/csv's nextChunk does: whole items only, and the same for the same bytes, limits
 * and `from`. Each item is a record, whether it is sound or not: that is for the cleaner to say. What stands between items
 * goes with the item behind, the closing bracket and blanks with the last one. What stands behind the end of an array is one item.
 * An item over the limit is flagged, and ends where it does. Nothing is cut of a source that may still grow.
 * @param from where an item begins @param options.inArray as `isJsonArray` says. Default true
 * @throws MillraceError SOURCE_CHANGED when the source ends before `end`
 */
export async function nextJsonChunk(
  read: PositionalReader,
  from: number,
  end: number,
  options: CutOptions & { inArray?: boolean } = {},
): Promise<CutChunk | null> {
  const { sealed = true, chunk_bytes = LIMITS.chunk_bytes, chunk_records = LIMITS.chunk_records } = options;
  const { inArray = true } = options;
  if (!sealed) return null;
  const size = Math.min(chunk_bytes, end - from);
  if (size <= 0) return null;
  const window = await readExactly(read, from, size, 1);
  const text: JsonText = { inArray, isBegin: from === 0 };
  const cut = cutItems(window, size, text, from + size === end, chunk_records);
  if (cut.size > 0) {
    const raw = window.subarray(0, cut.size);
    return { byte_start: from, byte_end: from + cut.size, records: cut.records, flags: 0, raw };
  }
  return cutLongItem(read, from, end, window.subarray(0, size), text);
}

function cutItems(window: Buffer, size: number, text: JsonText, isEnd: boolean, limit: number) {
  const items = new JsonItems(window, size, text, isEnd);
  let at = 0;
  let records = 0;
  while (at < size && items.next(at)) {
    if (items.item.isEmpty) {
      at = items.item.to;
      break;
    }
    if (records === limit) break;
    records++;
    at = items.item.to;
  }
  return { size: at, records };
}

/** An item longer than a chunk is one reject; nothing but blanks is none. */
async function cutLongItem(
  read: PositionalReader,
  from: number,
  end: number,
  window: Buffer,
  { inArray, isBegin }: JsonText,
): Promise<CutChunk> {
  const mark = isBegin && window.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
  const scan = new ItemScan(inArray, isBegin);
  scan.take(window, mark, window.length);
  const blanks = { byte_start: from, byte_end: from + window.length, records: 0, flags: 0, raw: window };
  // What is behind them is an item of its own.
  if (scan.isLeading) return blanks;
  for (let at = from + window.length; at < end && scan.end < 0; ) {
    const next = await readExactly(read, at, Math.min(SCAN_BYTES, end - at));
    scan.take(next, 0, next.length);
    at += next.length;
  }
  scan.finish();
  if (scan.isEmpty) return blanks;
  const size = mark + scan.end;
  if (size <= window.length) {
    // It has no end, and what shows that stands behind the window.
    return { byte_start: from, byte_end: from + size, records: 1, flags: 0, raw: window.subarray(0, size) };
  }
  const raw = Buffer.from(window.subarray(0, LIMITS.reject_raw_bytes));
  return {
    byte_start: from,
    byte_end: from + size,
    records: 1,
    flags: CHUNK_FLAG.record_too_long,
    raw,
  };
}

/**
 * @throws MillraceError SOURCE_UNREADABLE when a JSON array does not end where its text does: all before was read, and more
 * should have come
 */
export async function requireArrayEnd(read: PositionalReader, end: number, path: string): Promise<void> {
  for (let to = end; to > 0; ) {
    const from = Math.max(0, to - SCAN_BYTES);
    const window = await readExactly(read, from, to - from);
    const last = window.findLastIndex((byte) => !isSpace(byte));
    if (last >= 0 && window[last] === CLOSE_BRACKET) return;
    if (last >= 0) break;
    to = from;
  }
  throw failure(path, 'SOURCE_UNREADABLE', `is cut off: its JSON array has no end, at byte ${end}`);
}
