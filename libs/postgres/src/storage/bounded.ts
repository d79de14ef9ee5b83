import type { Database } from '../database.js';

/** A look at the database's state waits for nobody, and for so long at most. */
const LOCK_TIMEOUT_MS = 250;

/**
 * A query that must not be in the flow's way: read only, on one core, by indexes in their order whatever the statistics say (of a
 * source with a million chunks the next ones and not all), ended by the server when it takes longer than `timeout_ms` or would
 * have to wait for a lock.
 * @throws MillraceError POSTGRES_UNREACHABLE, also when it took too long; other SQL errors as `pg` gives them
 */
export async function boundedQuery<T>(
  db: Database,
  timeout_ms: number,
  sql: string,
  params: readonly unknown[] = [],
): Promise<T[]> {
  return db.transaction(async (tx) => {
    await tx.query(
      `set transaction read only; set local statement_timeout = ${Math.ceil(timeout_ms)};
       set local lock_timeout = ${LOCK_TIMEOUT_MS}; set local jit = off; set local max_parallel_workers_per_gather = 0;
       set local enable_seqscan = off; set local enable_bitmapscan = off`,
    );
    return tx.query<T>(sql, params);
  });
}
