import { hash } from 'node:crypto';
import { CHUNK_FLAG, LIMITS, MillraceError } from '@millrace/contracts';
import { type CutChunk, nextChunk, type PositionalReader, readHeader } from '@millrace/csv';
import type { ChunkRow, ReadChunk } from './chunk-row.js';
import { type FileStat, isSameInode } from './file-stat.js';
import { findGrowth } from './find-growth.js';
import { isSourceError, SourceFile } from './source-file.js';

/** A registered source as far as it is cut. */
export interface OpenSource {
  id: number;
  path: string;
  /** As of registration. */
  stat: FileStat;
  sealed_bytes: number;
  header: Buffer | null;
  header_end: number | null;
  /** The last recorded chunk, and the last one that is no growth after a seal. */
  last: ChunkRow | null;
  tail: ChunkRow | null;
}

export type CutStep =
  | { kind: 'begin'; source: number; path: string; size_bytes: number }
  | { kind: 'header'; source: number; header: Buffer; header_end: number }
  | ({ kind: 'chunk' } & ReadChunk)
  | { kind: 'end'; source: number; state: 'cut' | 'changed' | 'vanished' | 'failed'; error: MillraceError | null };

/**
 * Cuts a source from where its recorded chunks end up to its sealed size. A fault of the file ends its source,
 * red in the books, and nothing else. The chunks depend on nothing but the bytes: cutting again gives the same.
 * @param fingerprint of the plan that new chunks are cut under
 */
export async function* cutSource(source: OpenSource, fingerprint: string): AsyncGenerator<CutStep> {
  let file: SourceFile | undefined;
  yield { kind: 'begin', source: source.id, path: source.path, size_bytes: source.sealed_bytes };
  try {
    file = await SourceFile.open(source.path);
    yield* cutFile(file, source, fingerprint);
    requireUnchanged(source, await file.restat());
    yield { kind: 'end', source: source.id, state: 'cut', error: null };
  } catch (error) {
    if (!isSourceError(error)) throw error;
    yield { kind: 'end', source: source.id, state: stateAfter(error), error };
  } finally {
    await file?.close();
  }
}

export function stateAfter(error: MillraceError): 'changed' | 'vanished' | 'failed' {
  if (error.code === 'SOURCE_CHANGED') return 'changed';
  return error.code === 'SOURCE_VANISHED' ? 'vanished' : 'failed';
}

async function* cutFile(file: SourceFile, source: OpenSource, fingerprint: string): AsyncGenerator<CutStep> {
  requireUnchanged(source, file.stat);
  const { id, sealed_bytes: end, last, tail } = source;
  const read: PositionalReader = (position, into) => file.readInto(into, position);
  let { header, header_end } = source;
  if (!header || header_end === null) {
    const found = await readHeader(read, end);
    if (!found) return;
    ({ header, header_end } = found);
    yield { kind: 'header', source: id, header, header_end };
  }

  let next = { chunk: 0, from: header_end, record: 1 };
  const take = (cut: Omit<CutChunk, 'raw'>, raw: Buffer, content_hash: Buffer): CutStep => {
    const { byte_start, byte_end, records, flags } = cut;
    const { chunk, record: first_record } = next;
    next = { chunk: chunk + 1, from: byte_end, record: first_record + records };
    const row = { source: id, chunk, fingerprint, flags, byte_start, byte_end, first_record, records, content_hash };
    return { kind: 'chunk', row, header, raw };
  };

  if (last && tail) {
    next = { chunk: last.chunk + 1, from: last.byte_end, record: last.first_record + last.records };
    await requireRecorded(file, last);
    const byte_start = next.from;
    const byte_end = await findGrowth(read, tail, byte_start, end);
    if (byte_end > byte_start) {
      const raw = await file.readRange(byte_start, Math.min(byte_end, byte_start + LIMITS.reject_raw_bytes));
      const flags = CHUNK_FLAG.grown_after_seal;
      yield take({ byte_start, byte_end, records: 1, flags }, raw, await file.hashRange(byte_start, byte_end));
    }
  }
  for (;;) {
    const cut = await nextChunk(read, next.from, end);
    if (!cut) return;
    // Of a record over the limit only the first bytes travel; its hash is of the whole range all the same.
    const isWhole = cut.raw.length === cut.byte_end - cut.byte_start;
    const content_hash = isWhole
      ? hash('sha256', cut.raw, 'buffer')
      : await file.hashRange(cut.byte_start, cut.byte_end);
    yield take(cut, cut.raw, content_hash);
  }
}

/** Growth beyond the sealed size is for the next scan; all else means that the bytes are no longer those listed. */
function requireUnchanged({ path, stat, sealed_bytes }: OpenSource, now: FileStat): void {
  const isOther = !isSameInode(stat, now);
  const isShorter = now.size_bytes < sealed_bytes;
  const isRewritten = now.size_bytes === stat.size_bytes && now.modified_ns !== stat.modified_ns;
  if (!isOther && !isShorter && !isRewritten) return;
  const what = isOther ? 'is another file' : isShorter ? `has only ${now.size_bytes} bytes` : 'was written to';
  throw new MillraceError('SOURCE_CHANGED', `${path} ${what} since it was listed`, { place: { file: path } });
}

async function requireRecorded(file: SourceFile, row: ChunkRow): Promise<void> {
  if ((await file.hashRange(row.byte_start, row.byte_end)).equals(row.content_hash)) return;
  throw changedSince(file.path, row);
}

/**
 * Reads a recorded chunk again, to publish it again.
 * @throws MillraceError SOURCE_CHANGED when the bytes are other ones, SOURCE_VANISHED, SOURCE_UNREADABLE
 */
export async function readChunk(path: string, header: Buffer, row: ChunkRow): Promise<ReadChunk> {
  const file = await SourceFile.open(path);
  try {
    if (row.flags !== 0) {
      await requireRecorded(file, row);
      const end = Math.min(row.byte_end, row.byte_start + LIMITS.reject_raw_bytes);
      return { row, header, raw: await file.readRange(row.byte_start, end) };
    }
    const raw = await file.readRange(row.byte_start, row.byte_end);
    if (!hash('sha256', raw, 'buffer').equals(row.content_hash)) throw changedSince(path, row);
    return { row, header, raw };
  } finally {
    await file.close();
  }
}

function changedSince(path: string, { chunk, byte_start, byte_end }: ChunkRow): MillraceError {
  const message = `${path}: bytes ${byte_start} to ${byte_end} are not those that were recorded as chunk ${chunk}`;
  return new MillraceError('SOURCE_CHANGED', message, { place: { file: path } });
}
