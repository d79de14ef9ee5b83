import type { Database } from '@millrace/postgres';
import type { Logger } from '@millrace/telemetry';
import { CHUNK_COLUMNS, type ChunkRow, type ReadChunk } from './chunk-row.js';
import { readChunk, stateAfter } from './cut-source.js';
import type { Scan } from './pick-scan.js';
import { endSources } from './record-cuts.js';
import { isSourceError } from './source-file.js';

const OF_SCAN = 'source in (select source from millrace.scan_sources where scan = $1)';

/** Chunks of the scan that were published before and have no outcome yet. */
export async function unresolvedChunks(db: Database, scan: Scan): Promise<ChunkRow[]> {
  return db.query<ChunkRow>(
    `select ${CHUNK_COLUMNS} from millrace.chunks
     where (source, chunk) in (
       select source, chunk from millrace.chunk_outcomes
       where ${OF_SCAN} and published_at is not null and not resolved)
     order by source, chunk`,
    [scan.id],
  );
}

/** Chunks of the scan that a crash left recorded and not, or not known to be, published. */
export async function unpublishedChunks(db: Database, scan: Scan): Promise<ChunkRow[]> {
  // What has an outcome was published, and needs its file no more.
  await db.query(
    `update millrace.chunks set published_at = now()
     where (source, chunk) in (
       select source, chunk from millrace.chunk_outcomes where ${OF_SCAN} and published_at is null and resolved)`,
    [scan.id],
  );
  return db.query<ChunkRow>(
    `select ${CHUNK_COLUMNS} from millrace.chunks where ${OF_SCAN} and published_at is null order by source, chunk`,
    [scan.id],
  );
}

/**
 * Reads recorded chunks from their files again. A file that no longer has the recorded bytes ends its source, which
 * is never published from again; the chunks that can be read are given, the sources that ended are told.
 */
export async function* readAgain(
  db: Database,
  rows: ChunkRow[],
  log: Pick<Logger, 'error'>,
): AsyncGenerator<ReadChunk> {
  const sources = await db.query<{ id: number; path: string; header: Buffer; state: string }>(
    'select id, path, header, state from millrace.sources where id = any ($1::int[])',
    [[...new Set(rows.map(({ source }) => source))]],
  );
  const sound = new Map(
    sources.filter(({ state }) => state === 'registered' || state === 'cut').map((source) => [source.id, source]),
  );
  for (const row of rows) {
    const source = sound.get(row.source);
    if (!source) continue;
    try {
      yield await readChunk(source.path, source.header, row);
    } catch (error) {
      if (!isSourceError(error)) throw error;
      sound.delete(row.source);
      await endSources(db, [{ source: row.source, state: stateAfter(error), error }]);
      log.error({ source: row.source, path: source.path, err: error }, 'file is red: not published from again');
    }
  }
}
