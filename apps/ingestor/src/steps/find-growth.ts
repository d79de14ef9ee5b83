import { CHUNK_FLAG } from '@millrace/contracts';
import { nextChunk, type PositionalReader } from '@millrace/csv';
import type { ChunkRow } from './chunk-row.js';

const LF = 0x0a;
const CR = 0x0d;

/**
 * A source whose last record had no end when it was sealed has been cut all the same. Should it have grown since, what
 * follows up to the next record end continues a record that is published already: it becomes one reject.
 * @param tail the last recorded chunk that is no such growth itself
 * @param from where the recorded chunks end @param end the source's size now
 * @returns the end of the growth; `from` when the recorded chunks end at a record end, as they nearly always do
 */
export async function findGrowth(read: PositionalReader, tail: ChunkRow, from: number, end: number): Promise<number> {
  if (from >= end) return from;
  const growth_end = await continuationEnd(read, tail, from, end);
  return (await isLineEnd(read, from, growth_end)) ? from : growth_end;
}

async function continuationEnd(read: PositionalReader, tail: ChunkRow, from: number, end: number): Promise<number> {
  const record_start = await lastRecordStart(read, tail);
  if (record_start !== null) {
    const closed = await nextChunk(read, record_start, from, { chunk_records: 1, sealed: false });
    if (!closed || closed.records === 0) {
      // The record is open: read on as if it had never been cut, so that its quotes still count.
      const whole = await nextChunk(read, record_start, end, { chunk_records: 1 });
      return Math.max(from, whole?.byte_end ?? from);
    }
  }
  // The record is whole; without a line end before `from`, a comment or blanks stood at the end of the file.
  const before = Buffer.alloc(1);
  if ((await read(from - 1, before)) === 1 && before[0] === LF) return from;
  return nextLineStart(read, from, end);
}

/** Null when the chunk holds no record, only comments and blank lines. */
async function lastRecordStart(read: PositionalReader, { byte_start, byte_end, records, flags }: ChunkRow) {
  if (records === 0) return null;
  if (records === 1 || flags & CHUNK_FLAG.record_too_long) return byte_start;
  const before = await nextChunk(read, byte_start, byte_end, { chunk_records: records - 1 });
  return before?.byte_end ?? byte_start;
}

async function nextLineStart(read: PositionalReader, from: number, end: number): Promise<number> {
  const block = Buffer.allocUnsafe(64 * 1024);
  for (let at = from; at < end; ) {
    const size = await read(at, block.subarray(0, Math.min(block.length, end - at)));
    if (size === 0) break;
    const found = block.subarray(0, size).indexOf(LF);
    if (found >= 0) return at + found + 1;
    at += size;
  }
  return end;
}

/** Growth that is only the line end which was missing changes nothing: no reject. */
async function isLineEnd(read: PositionalReader, from: number, end: number): Promise<boolean> {
  if (end - from > 2 || end === from) return end === from;
  const bytes = Buffer.alloc(end - from);
  await read(from, bytes);
  return bytes[bytes.length - 1] === LF && (bytes.length === 1 || bytes[0] === CR);
}
