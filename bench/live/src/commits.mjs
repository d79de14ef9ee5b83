import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 60_000;
const POLL_MS = 200;

/** Waits until all orders are in the table. @param {Set<string> | Map<string, unknown>} orders their ids */
export async function untilCommitted(database, orders) {
  for (const until = Date.now() + PATIENCE_MS; ; await sleep(POLL_MS)) {
    const [{ count }] = await database.query('select count(*)::int as count from public.sales');
    if (count >= orders.size) return;
    if (Date.now() > until)
      throw new Error(`${count} of ${orders.size} orders were committed within ${PATIENCE_MS} ms`);
  }
}

/**
 * When the transaction that made each row committed. Orders that were sent twice are left out: which of their rows it was is
 * not known here. PostgreSQL takes the time just before it flushes the commit: the flush itself is added by its mean.
 * @returns {Promise<{ order_id: string, source: number, record: number, committed_ms: number }[]>}
 */
export async function readCommits(database) {
  return database.query(
    `select order_id, _source as source, _record::float8 as record,
       (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000)::float8 as committed_ms
     from public.sales
     where not exists (select from millrace.duplicates where dataset = 'sales' and key = order_id)`,
  );
}

/** @returns {Promise<number>} milliseconds that one flush of the write-ahead log took, in the mean since the start; 0 where it is not known */
export async function meanFlush(database) {
  const rows = await database
    .query(
      `select coalesce(sum(fsync_time) / nullif(sum(fsyncs), 0), 0)::float8 as flush_ms from pg_stat_io where object = 'wal'`,
    )
    .catch(() => []);
  return rows[0]?.flush_ms ?? 0;
}
