import type { Database, Transaction } from '@millrace/postgres';
import type { SourceState } from './identify-file.js';

type Queryable = Pick<Database | Transaction, 'query'>;

/** What was quiet for long enough: its size as it was listed. */
export interface QuietFile {
  source: number;
  sealed_bytes: number;
}

/** Seals sources at the size that they have: what stands behind the last record end is then a record as well. */
export async function sealSources(db: Queryable, watch: number, files: QuietFile[]): Promise<void> {
  await db.query(
    `with quiet as (
       select sources.id from millrace.sources join unnest($2::int[], $3::bigint[]) as file (id, size) using (id)
       where watch = $1 and sealed_bytes = size and not sealed and state in ('registered', 'live')
       order by sources.id for no key update of sources)
     update millrace.sources set sealed = true, state = 'registered', settled = false from quiet
     where sources.id = quiet.id`,
    [watch, files.map(({ source }) => source), files.map(({ sealed_bytes }) => sealed_bytes)],
  );
}

/** Nobody will ever see what watches that were removed left open grow. @returns whether there was anything */
export async function sealRemoved(db: Queryable): Promise<boolean> {
  const rows = await db.query(
    `with left_open as (
       select sources.id from millrace.sources join millrace.watches on watches.id = sources.watch
       where removed_at is not null and not sealed and state in ('registered', 'live')
       order by sources.id for no key update of sources)
     update millrace.sources set sealed = true, state = 'registered', settled = false from left_open
     where sources.id = left_open.id returning sources.id`,
  );
  return rows.length > 0;
}

/** How these sources stand. */
export async function statesOf(db: Queryable, ids: number[]): Promise<Map<number, SourceState>> {
  const rows = await db.query<{ id: number; state: SourceState }>(
    'select id, state from millrace.sources where id = any ($1::int[])',
    [ids],
  );
  return new Map(rows.map(({ id, state }) => [id, state]));
}
