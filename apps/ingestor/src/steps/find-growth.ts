import { CHUNK_FLAG, type Dialect } from '@millrace/contracts';
import { type CutChunk, nextChunk, type PositionalReader } from '@millrace/csv';
import type { ChunkRow } from './chunk-row.js';

const LF = 0x0a;
const CR = 0x0d;

/**
 * A source whose last record had no end when it was sealed has been cut all the same. Should it have grown since, what
 * follows up to the next record end continues a record that is published already: it becomes one reject.
 * @param tail the last recorded chunk that is no such growth itself, where it is still known
 * @param from where the recorded chunks end @param end the source's size now
 * @param sealed false: the source may go on growing, and a growth is taken only with its record end
 * @returns the end of the growth; `from` when the recorded chunks end at a record end, as they nearly always do; null when
 * its end has not come yet
 */
export async function findGrowth(
  read: PositionalReader,
  tail: ChunkRow | null,
  from: number,
  end: number,
  sealed = true,
  dialect?: Dialect,
): Promise<number | null> {
  if (from >= end) return from;
  const recordAt = (start: number, to: number, isWhole: boolean) => nextRecord(read, start, to, isWhole, dialect);
  const record_start = tail && (await lastRecordStart(read, tail, dialect));
  let found: number | null;
  if (record_start !== null && !(await recordAt(record_start, from, false))) {
    // The record is open: read on as if it had never been cut, so that its quotes still count.
    const whole = await recordAt(record_start, end, sealed);
    found = whole && Math.max(from, whole.byte_end);
    const isClosed = found !== null && (await recordAt(record_start, found, false)) !== null;
    if (isClosed && (await isLineEnd(read, from, found!))) return from;
  } else {
    if (await isLineStart(read, from)) return from;
    // The record is whole, and a comment or blanks without a line end stood at the end of the file.
    found = await nextLineStart(read, from, end);
    if (found !== null && (await isLineEnd(read, from, found))) return from;
  }
  return found ?? (sealed ? end : null);
}

/** The first record at or behind `start` that has its end before `end`. */
async function nextRecord(
  read: PositionalReader,
  start: number,
  end: number,
  sealed: boolean,
  dialect: Dialect | undefined,
): Promise<CutChunk | null> {
  let cut = await nextChunk(read, start, end, { chunk_records: 1, sealed, dialect });
  while (cut?.records === 0) cut = await nextChunk(read, cut.byte_end, end, { chunk_records: 1, sealed, dialect });
  return cut;
}

/** Null when the chunk holds no record, only comments and blank lines. */
async function lastRecordStart(
  read: PositionalReader,
  { byte_start, byte_end, records, flags }: ChunkRow,
  dialect: Dialect | undefined,
): Promise<number | null> {
  if (records === 0) return null;
  if (records === 1 || flags & CHUNK_FLAG.record_too_long) return byte_start;
  const before = await nextChunk(read, byte_start, byte_end, { chunk_records: records - 1, dialect });
  return before?.byte_end ?? byte_start;
}

async function isLineStart(read: PositionalReader, position: number): Promise<boolean> {
  const before = Buffer.alloc(1);
  return (await read(position - 1, before)) === 1 && before[0] === LF;
}

async function nextLineStart(read: PositionalReader, from: number, end: number): Promise<number | null> {
  const block = Buffer.allocUnsafe(64 * 1024);
  for (let at = from; at < end; ) {
    const size = await read(at, block.subarray(0, Math.min(block.length, end - at)));
    if (size === 0) break;
    const found = block.subarray(0, size).indexOf(LF);
    if (found >= 0) return at + found + 1;
    at += size;
  }
  return null;
}

/** Growth that is only the line end which was missing changes nothing: no reject. */
async function isLineEnd(read: PositionalReader, from: number, end: number): Promise<boolean> {
  if (end - from > 2 || end === from) return end === from;
  const bytes = Buffer.alloc(end - from);
  await read(from, bytes);
  return bytes[bytes.length - 1] === LF && (bytes.length === 1 || bytes[0] === CR);
}
