import type { Database } from '@millrace/postgres';

/** Of a source that is read as far as it goes: its last recorded chunk, -1 for none, as far as this process knows. */
export interface ReadSource {
  source: number;
  last: number;
  /** To be kept with it; null where it goes on growing. */
  load: { seconds: number; rows: number; bytes: number } | null;
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
       select id, last, load from millrace.sources
       join unnest($1::int[], $2::int[], $3::jsonb[]) as read (source, last, load) on id = source
       order by id for no key update of sources)
     update millrace.sources set settled = true,
       observed = case when load is null then observed else coalesce(observed, '{}') || jsonb_build_object('load', load) end
     from read
     where sources.id = read.id and state <> 'registered'
       and coalesce((select max(chunk) from millrace.chunks where source = read.id), -1) = last
     returning sources.id`,
    [
      sources.map(({ source }) => source),
      sources.map(({ last }) => last),
      sources.map(({ load }) => load && JSON.stringify(load)),
    ],
  );
  return rows.map(({ id }) => id);
}
