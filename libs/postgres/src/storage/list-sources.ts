import type { Database } from '../database.js';
import { boundedQuery } from './bounded.js';

export interface SourceList {
  /** Those from the number asked for on: some of them, by dataset. */
  added: { dataset: string; sources: number[] }[];
  /** How many there are below that number: fewer than were known when a dataset was emptied or replaced. */
  known: number;
  /** Read to the end and not settled: more may come of them. */
  unsettled: number[];
}

/** Numbers of sources in order, at most `limit` that are new and as many unsettled ones. They cost an index entry each. */
export async function listSources(
  db: Database,
  from: number,
  { limit, timeout_ms }: { limit: number; timeout_ms: number },
): Promise<SourceList> {
  const [list] = await boundedQuery<SourceList>(
    db,
    timeout_ms,
    `select (select count(*)::int from millrace.sources where id < $1) as known,
       (select coalesce(json_agg(json_build_object('dataset', dataset, 'sources', sources)), '[]') from (
          select dataset, json_agg(id) as sources
          from (select id, dataset from millrace.sources where id >= $1 order by id limit $2) next group by dataset) grouped
       ) as added,
       (select coalesce(json_agg(id), '[]') from (
          select id from millrace.sources where not settled and state <> 'registered' order by dataset, id limit $2) changing
       ) as unsettled`,
    [from, limit],
  );
  return list;
}
