import type { Queryable } from '../database.js';

/** What Kafka lost of a dataset, ever: what could be made good, and what could not. */
export interface Incidents {
  dataset: string;
  /** Chunks that were published again, because their messages were gone before they were applied. */
  heals: number;
  /** Messages of the inbox that were gone before they were recorded. */
  lost_offsets: number;
  /** Partitions of the inbox that were deleted with what was not read of them, however much that was. */
  replaced_partitions: number;
}

/** Of datasets that had some, in order of their names. */
export async function readIncidents(db: Queryable): Promise<Incidents[]> {
  return db.query(
    `with healed as (
       select source, heals from millrace.chunks where heals > 0
       union all select source, heals from millrace.ranges where heals > 0),
     told as (
       select dataset, heals, 0 as lost_offsets, 0 as replaced from healed join millrace.sources s on s.id = source
       union all
       select dataset, 0, coalesce((error->>'lost_offsets')::bigint, 0), (error->'replaced' is not null)::int
       from millrace.sources where kind = 'inbox' and error is not null)
     select dataset, sum(heals)::float8 as heals, sum(lost_offsets)::float8 as lost_offsets,
       sum(replaced)::float8 as replaced_partitions
     from told group by dataset having sum(heals) + sum(lost_offsets) + sum(replaced) > 0 order by dataset`,
  );
}
