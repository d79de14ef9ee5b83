import type { Database } from '@millrace/postgres';

/** Of a source that is read as far as it goes: its last recorded chunk, -1 for none, as far as this process knows. */
export interface ReadSource {
  source: number;
  last: number;
}

/**
 * Marks sources as settled: nothing of them is left to be cut, published or resolved. Not where there is more to be cut
 * since, or chunks that another one recorded.
 * @returns those that are
 */
export async function settleSources(db: Database, sources: ReadSource[]): Promise<number[]> {
  if (sources.length === 0) return [];
  const rows = await db.query<{ id: number }>(
    `with read as (
       select id, last from millrace.sources join unnest($1::int[], $2::int[]) as read (source, last) on id = source
       order by id for no key update of sources)
     update millrace.sources set settled = true from read
     where sources.id = read.id and state <> 'registered'
       and coalesce((select max(chunk) from millrace.chunks where source = read.id), -1) = last
     returning sources.id`,
    [sources.map(({ source }) => source), sources.map(({ last }) => last)],
  );
  return rows.map(({ id }) => id);
}
