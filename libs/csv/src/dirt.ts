import { isUtf8 } from 'node:buffer';
import type { Records } from './records.js';

/** So many records are looked at byte by byte: a view of them would cost more. */
const FEW_RECORDS = 16;

/**
 * Sets `dirty` and marks in `dirt` the records that may hold bytes that no text column can store: invalid UTF-8 or NUL. Values are parts
 * of their record between ASCII bytes, so that those of any other record are clean. Marks that are there stay.
 * @param size of the chunk: what stands behind it in `bytes` is not looked at
 */
export function findDirt(records: Records, size: number): void {
  if (isClean(records.bytes, 0, size)) return;
  records.dirty = true;
  markDirt(records, 0, records.count);
}

/** By halves: the chunk has few such records, mostly, and checking many bytes at once costs little more than checking few. */
function markDirt(records: Records, first: number, end: number): void {
  const { bytes, record_start, record_end, dirt } = records;
  if (end - first <= FEW_RECORDS) {
    for (let row = first; row < end; row++) {
      const from = record_start[row];
      const to = record_end[row];
      if (!isPlain(bytes, from, to) && !isClean(bytes, from, to)) dirt[row] = 1;
    }
    return;
  }
  if (isClean(bytes, record_start[first], record_end[end - 1])) return;
  const middle = (first + end) >> 1;
  markDirt(records, first, middle);
  markDirt(records, middle, end);
}

function isClean(bytes: Buffer, from: number, to: number): boolean {
  const span = bytes.subarray(from, to);
  return isUtf8(span) && !span.includes(0);
}

/** Whether all is ASCII without NUL. */
function isPlain(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    if (bytes[at] >= 0x80 || bytes[at] === 0) return false;
  }
  return true;
}
