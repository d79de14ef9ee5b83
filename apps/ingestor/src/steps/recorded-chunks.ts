import type { MillraceError, SourceContext } from '@millrace/contracts';
import type { Database } from '@millrace/postgres';
import type { Logger } from '@millrace/telemetry';
import { CHUNK_COLUMNS, type ChunkRow, type ReadChunk } from './chunk-row.js';
import { readChunkFrom, stateAfter } from './cut-source.js';
import { type FileStatRow, fileStatFrom, isSameInode, STAT_COLUMNS, statOf } from './file-stat.js';
import { markPublished } from './publish-chunks.js';
import { endSources } from './record-cuts.js';
import { type Compression, isSourceError, SourceFile } from './source-file.js';

export interface PendingChunks {
  /** Published before, and without an outcome yet. */
  unresolved: ChunkRow[];
  /** What a crash left recorded and not, or not known to be, published. */
  unpublished: ChunkRow[];
}

export async function pendingChunks(db: Database, sources: number[]): Promise<PendingChunks> {
  const rows = await db.query<ChunkRow & { is_published: boolean; resolved: boolean }>(
    `select chunks.*, is_published, resolved from (
       select source, chunk, published_at is not null as is_published, resolved from millrace.chunk_outcomes
       where source = any ($1::int[]) and (published_at is null or not resolved)) as outcomes
     join (select ${CHUNK_COLUMNS} from millrace.chunks) as chunks using (source, chunk)
     order by source, chunk`,
    [sources],
  );
  const rowsOf = (isWanted: (of: { is_published: boolean; resolved: boolean }) => boolean): ChunkRow[] =>
    rows.filter(isWanted).map(({ is_published: _, resolved: __, ...row }) => row);
  // What has an outcome was published, and needs its file no more.
  const unmarked = rowsOf(({ resolved }) => resolved);
  if (unmarked.length > 0) await markPublished(db, unmarked);
  return {
    unresolved: rowsOf(({ is_published, resolved }) => is_published && !resolved),
    unpublished: rowsOf(({ is_published, resolved }) => !is_published && !resolved),
  };
}

interface SourceRow extends FileStatRow {
  id: number;
  path: string;
  header: Buffer;
  sealed_bytes: number;
  compression: Compression;
  context: SourceContext | null;
  is_followed: boolean;
}

/**
 * Reads recorded chunks from their files again. A file that no longer has the recorded bytes ends its source, which
 * is never published from again; the chunks that can be read are given, the sources that ended are told.
 * @param unread gets the sources that cannot be read now. When it is given, a source does not end whose file is not where
 * it was and which a watch looks after: that will find it, or give it up
 */
export async function* readAgain(
  db: Database,
  rows: ChunkRow[],
  log: Pick<Logger, 'error'>,
  unread?: Set<number>,
): AsyncGenerator<ReadChunk> {
  const sources = await db.query<SourceRow>(
    `select sources.id, sources.path, header, sealed_bytes::float8, compression, context, ${STAT_COLUMNS},
       watches.id is not null and state <> 'cut' as is_followed
     from millrace.sources left join millrace.watches on watches.id = sources.watch and removed_at is null
     where sources.id = any ($1::int[]) and state in ('registered', 'live', 'cut') order by sources.id`,
    [[...new Set(rows.map(({ source }) => source))]],
  );
  for (const source of sources) {
    const wanted = rows.filter((row) => row.source === source.id);
    try {
      yield* readChunksOf(source, wanted);
    } catch (error) {
      if (!isSourceError(error)) throw error;
      unread?.add(source.id);
      if (unread && source.is_followed && (await isElsewhere(source))) continue;
      await endUnread(db, source, error, log);
    }
  }
}

/** Rows asked for at once. */
const PAGE = 64;

/**
 * Reads the recorded chunks of a file from a number on, in order, whatever became of its source: nothing is written down.
 * @throws MillraceError SOURCE_* at the first one whose bytes are no longer to be had
 */
export async function* readRecorded(db: Database, source: number, from_chunk: number): AsyncGenerator<ReadChunk> {
  const [{ path, header, compression, sealed_bytes, context }] = await db.query<SourceRow>(
    'select path, header, sealed_bytes::float8, compression, context from millrace.sources where id = $1',
    [source],
  );
  let file: SourceFile | undefined;
  try {
    for (let next = from_chunk; ; ) {
      const rows = await db.query<ChunkRow>(
        `select ${CHUNK_COLUMNS} from millrace.chunks where source = $1 and chunk >= $2 order by chunk limit ${PAGE}`,
        [source, next],
      );
      for (const row of rows) {
        file ??= await SourceFile.open(path, compression, sealed_bytes, context);
        yield { ...(await readChunkFrom(file, header, row)), context };
        next = row.chunk + 1;
      }
      if (rows.length < PAGE) return;
    }
  } finally {
    await file?.close();
  }
}

async function* readChunksOf(source: SourceRow, rows: ChunkRow[]): AsyncGenerator<ReadChunk> {
  const { path, header, compression, sealed_bytes, context } = source;
  const file = await SourceFile.open(path, compression, sealed_bytes, context);
  try {
    for (const row of rows) yield { ...(await readChunkFrom(file, header, row)), context };
  } finally {
    await file.close();
  }
}

async function isElsewhere(source: SourceRow): Promise<boolean> {
  const now = await statOf(source.path);
  return !now || !isSameInode(fileStatFrom(source), now);
}

async function endUnread(db: Database, { id, path }: SourceRow, error: MillraceError, log: Pick<Logger, 'error'>) {
  await endSources(db, [{ source: id, state: stateAfter(error), error }]);
  log.error({ source: id, path, err: error }, 'file is red: not published from again');
}
