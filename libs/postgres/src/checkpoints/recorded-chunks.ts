import type { Queryable } from '../database.js';

/** A source of which chunks are to be published again. */
export interface RepublishableSource {
  source: number;
  dataset: string;
  kind: 'file' | 'inbox';
  path: string;
  state: string;
}

/** What there is to publish again of a source from a chunk on. */
export interface RecordedTotals {
  /** With a row of their own: these can be published again. */
  chunks: number;
  first_chunk: number | null;
  last_chunk: number | null;
  bytes: number;
  records: number;
  /** With an outcome in PostgreSQL: publishing them again changes nothing. */
  applied: number;
  /** Failed ones among these: a good message of the same identity takes their place. */
  failed: number;
  /** Chunks from there on that were merged into ranges once they were applied: no message can be made of them any more. */
  compacted: number;
}

/** @param wanted a source's number, or the path of a file or inbox (`inbox.sales[0]`) @returns the newest one of that path */
export async function findSource(
  db: Queryable,
  wanted: { source: number } | { path: string },
): Promise<RepublishableSource | undefined> {
  const [condition, value] = 'source' in wanted ? ['id = $1', wanted.source] : ['path = $1', wanted.path];
  const [found] = await db.query<RepublishableSource>(
    `select id as source, dataset, kind, path, state from millrace.sources where ${condition} order by id desc limit 1`,
    [value],
  );
  return found;
}

export async function recordedTotals(db: Queryable, source: number, from_chunk: number): Promise<RecordedTotals> {
  const [totals] = await db.query<RecordedTotals>(
    `select count(*)::float8 as chunks, min(c.chunk) as first_chunk, max(c.chunk) as last_chunk,
       coalesce(sum(c.byte_end - c.byte_start), 0)::float8 as bytes, coalesce(sum(c.records), 0)::float8 as records,
       count(*) filter (where o.resolved)::float8 as applied,
       count(*) filter (where o.failed or exists (select from millrace.ledger l
         where l.source = c.source and l.chunk = c.chunk and l.failed > 0))::float8 as failed,
       (select coalesce(sum(chunk_to - greatest(chunk_from, $2) + 1), 0)::float8 from millrace.ranges
        where ranges.source = $1 and chunk_to >= $2) as compacted
     from millrace.chunks c join millrace.chunk_outcomes o on o.source = c.source and o.chunk = c.chunk
     where c.source = $1 and c.chunk >= $2`,
    [source, from_chunk],
  );
  return totals;
}
