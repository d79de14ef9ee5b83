import { isCompacted } from './compact/compacted.js';
import type { Queryable } from './database.js';

/** One source's books. Counts are of data records. */
export interface BookRow {
  dataset: string;
  source: number;
  path: string;
  /** The cutter's count, independent of what came out. */
  rows_in: number;
  written: number;
  duplicates: number;
  rejected: number;
  skipped: number;
  /** Rows of messages that had to be set aside. */
  failed: number;
  state: string;
  balanced: boolean;
  complete: boolean;
}

/** The books of every source, in order of registration. */
export async function books(db: Queryable, dataset?: string): Promise<BookRow[]> {
  return db.query('select * from millrace.books where $1::text is null or dataset = $1 order by source', [
    dataset ?? null,
  ]);
}

/** Which of these chunks have every outcome in PostgreSQL (failed and compacted ones included), in the order given. */
export async function resolvedChunks<T extends { source: number; chunk: number }>(
  db: Queryable,
  chunks: readonly T[],
): Promise<T[]> {
  // One look-up a chunk, never all outcomes at once: this is asked several times a second.
  const rows = await db.query<{ at: number }>(
    `select k.at::int as at from unnest($1::int[], $2::int[]) with ordinality as k (source, chunk, at)
     where coalesce(
       (select o.resolved from millrace.chunk_outcomes o where o.source = k.source and o.chunk = k.chunk),
       ${isCompacted('k.source', 'k.chunk')})
     order by k.at`,
    [chunks.map(({ source }) => source), chunks.map(({ chunk }) => chunk)],
  );
  return rows.map(({ at }) => chunks[at - 1]);
}
