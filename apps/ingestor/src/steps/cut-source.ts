import { hash } from 'node:crypto';
import { CHUNK_FLAG, isWholeReject, LIMITS, MillraceError, type SourceContext } from '@millrace/contracts';
import type { CutChunk } from '@millrace/csv';
import type { ChunkRow, ReadChunk } from './chunk-row.js';
import { type FileStat, isSameInode, statOf } from './file-stat.js';
import type { ReadAhead } from './read-ahead.js';
import { type Cutting, cutterOf, readerOf } from './source-cutter.js';
import { type Compression, isDirectSource, isSourceError, SourceFile } from './source-file.js';

/** A registered source as far as it is cut. */
export interface OpenSource {
  id: number;
  path: string;
  /** As of the last listing. */
  stat: FileStat;
  /** The size to read to, of a compressed file its compressed one. */
  sealed_bytes: number;
  /** False while it may still grow: then it is cut up to its last whole record only. */
  sealed: boolean;
  compression: Compression;
  /** The directories it was found in, see `SourceFile.open`. */
  roots?: readonly string[] | null;
  /** How it is read, once that is known; null: as CSV of the plain dialect. */
  context: SourceContext | null;
  /** A chunk has at most so many bytes; null: as many as one may have. */
  chunk_bytes?: number | null;
  header: Buffer | null;
  header_end: number | null;
  /** The last recorded chunk, and the last one that is no growth after a seal, where there still is its row. */
  last: ChunkRow | null;
  tail: ChunkRow | null;
}

/** @template C what is told of a chunk */
export type SourceStep<C> =
  | { kind: 'begin'; source: number; path: string; size_bytes: number }
  | { kind: 'header'; source: number; header: Buffer; header_end: number }
  | ({ kind: 'chunk' } & C)
  | { kind: 'end'; source: number; state: EndState; error: MillraceError | null };

export type CutStep = SourceStep<ReadChunk>;

/** `live`: read up to the last whole record. `registered`: there is more that cannot be read yet, or not here any more. */
export type EndState = 'registered' | 'live' | 'cut' | 'changed' | 'vanished' | 'failed';

/**
 * Cuts a source from where its recorded chunks end up to its listed size. A fault of the file ends its source,
 * red in the books, and nothing else. The chunks depend on nothing but the bytes: cutting again gives the same.
 * @param fingerprint of the plan that new chunks are cut under
 * @param ahead reads for it, where nobody holds a chunk's bytes any more when the next step is asked for
 */
export async function* cutSource(source: OpenSource, fingerprint: string, ahead?: ReadAhead): AsyncGenerator<CutStep> {
  const { id, path, sealed, sealed_bytes, compression, context } = source;
  let { last } = source;
  let file: SourceFile | undefined;
  yield { kind: 'begin', source: id, path, size_bytes: sealed_bytes };
  try {
    file = await SourceFile.open(path, compression, sealed_bytes, context, source.roots);
    requireUnchanged(source, file.stat);
    for await (const step of cutFile(file, source, fingerprint, ahead)) {
      if (step.kind === 'chunk') last = step.row;
      yield step;
    }
    const now = await file.restat();
    requireUnchanged(source, now);
    // One that is being written to may have been rewritten while it was read.
    if (!sealed && last && now.modified_ns !== file.stat.modified_ns) await requireRecorded(file, last);
    yield { kind: 'end', source: id, state: sealed ? 'cut' : compression ? 'registered' : 'live', error: null };
  } catch (error) {
    if (!isSourceError(error)) throw error;
    if (!sealed && (await isGone(source))) yield { kind: 'end', source: id, state: 'registered', error: null };
    else yield { kind: 'end', source: id, state: stateAfter(error), error };
  } finally {
    await file?.close();
  }
}

/** Whether the path leads to what was listed no longer. Of an unsealed source the next listing tells what became of it. */
async function isGone({ path, stat, sealed_bytes }: OpenSource): Promise<boolean> {
  const now = await statOf(path);
  return !now || !isSameInode(stat, now) || now.size_bytes < sealed_bytes;
}

export function stateAfter(error: MillraceError): 'changed' | 'vanished' | 'failed' {
  if (error.code === 'SOURCE_CHANGED') return 'changed';
  return error.code === 'SOURCE_VANISHED' ? 'vanished' : 'failed';
}

async function* cutFile(
  file: SourceFile,
  source: OpenSource,
  fingerprint: string,
  ahead: ReadAhead | undefined,
): AsyncGenerator<CutStep> {
  const { id, sealed, sealed_bytes, compression, context, chunk_bytes, last, tail } = source;
  const cutter = cutterOf(context);
  const isDirect = isDirectSource(compression, context);
  // Whether gzip is sound shows at its end, and nothing of an unsound file is taken.
  if (!sealed && !(isDirect && cutter.cutsGrowing)) return;
  const end = isDirect || file.segments ? sealed_bytes : await file.contentSize();
  let { header, header_end } = source;
  if (!last || !header || header_end === null) {
    const found = await cutter.readHeader(file, end, sealed);
    if (!found) return;
    const isKnown = header?.equals(found.header) && header_end === found.header_end;
    ({ header, header_end } = found);
    if (!isKnown) yield { kind: 'header', source: id, header, header_end };
  }

  let next = { chunk: 0, from: header_end, record: 1, flags: 0 };
  const take = (cut: Omit<CutChunk, 'raw'>, raw: Buffer, content_hash: Buffer): CutStep => {
    const { byte_start, byte_end, records, flags } = cut;
    const { chunk, record: first_record } = next;
    next = { chunk: chunk + 1, from: byte_end, record: first_record + records, flags };
    const row = { source: id, chunk, fingerprint, flags, byte_start, byte_end, first_record, records, content_hash };
    return { kind: 'chunk', row, header, raw };
  };

  const read = ahead?.readerOf(file, end) ?? readerOf(file);
  const cutting: Cutting = { file, read, header, end, sealed, chunk_bytes: chunk_bytes ?? undefined };
  if (last) {
    const flags = last.flags | (tail?.flags ?? 0);
    next = { chunk: last.chunk + 1, from: last.byte_end, record: last.first_record + last.records, flags };
    await requireRecorded(file, last);
    const byte_start = next.from;
    const byte_end = await cutter.growthEnd(cutting, tail, byte_start);
    if (byte_end === null) return;
    if (byte_end > byte_start) {
      const raw = await file.readRange(byte_start, Math.min(byte_end, byte_start + LIMITS.reject_raw_bytes));
      const grown = { byte_start, byte_end, records: 1, flags: CHUNK_FLAG.grown_after_seal };
      yield take(grown, raw, await file.hashRange(byte_start, byte_end));
      next.flags = flags;
    }
  }
  for (;;) {
    const cut = await cutter.nextChunk(cutting, next.from, next.flags);
    if (!cut) break;
    // Of a record over the limit only the first bytes travel; its hash is of the whole range all the same.
    const isWhole = cut.raw.length === cut.byte_end - cut.byte_start;
    const content_hash = isWhole
      ? hash('sha256', cut.raw, 'buffer')
      : await file.hashRange(cut.byte_start, cut.byte_end);
    yield take(cut, cut.raw, content_hash);
  }
  await cutter.requireEnd(cutting);
}

/**
 * Growth beyond the listed size is for the next listing; all else means that the bytes are no longer those listed. Of an
 * unsealed source the bytes that were recorded last are compared instead of times: it may have been touched.
 */
function requireUnchanged({ path, stat, sealed, sealed_bytes }: OpenSource, now: FileStat): void {
  const isOther = !isSameInode(stat, now);
  const isShorter = now.size_bytes < sealed_bytes;
  const isRewritten = sealed && now.size_bytes === stat.size_bytes && now.modified_ns !== stat.modified_ns;
  if (!isOther && !isShorter && !isRewritten) return;
  const what = isOther ? 'is another file' : isShorter ? `has only ${now.size_bytes} bytes` : 'was written to';
  throw new MillraceError('SOURCE_CHANGED', `${path} ${what} since it was listed`, { place: { file: path } });
}

async function requireRecorded(file: SourceFile, row: ChunkRow): Promise<void> {
  if ((await file.hashRange(row.byte_start, row.byte_end)).equals(row.content_hash)) return;
  throw changedSince(file.path, row);
}

/**
 * Reads a recorded chunk again, to publish it again. Chunks of a compressed file are best read in order: each step back begins anew.
 * @throws MillraceError SOURCE_CHANGED when the bytes are other ones, SOURCE_VANISHED, SOURCE_UNREADABLE
 */
export async function readChunkFrom(file: SourceFile, header: Buffer, row: ChunkRow): Promise<ReadChunk> {
  if (isWholeReject(row.flags)) {
    await requireRecorded(file, row);
    const end = Math.min(row.byte_end, row.byte_start + LIMITS.reject_raw_bytes);
    return { row, header, raw: await file.readRange(row.byte_start, end) };
  }
  const raw = await file.readRange(row.byte_start, row.byte_end);
  if (!hash('sha256', raw, 'buffer').equals(row.content_hash)) throw changedSince(file.path, row);
  return { row, header, raw };
}

function changedSince(path: string, { chunk, byte_start, byte_end }: ChunkRow): MillraceError {
  const message = `${path}: bytes ${byte_start} to ${byte_end} are not those that were recorded as chunk ${chunk}`;
  return new MillraceError('SOURCE_CHANGED', message, { place: { file: path } });
}
