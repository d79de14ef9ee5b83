import type { Database } from '../database.js';
import { boundedQuery } from './bounded.js';

/** Where to go on with a source: all chunks before this one have their outcomes. */
export interface AuditPlace {
  source: number;
  from_chunk: number;
}

/** What the next chunks of a source say. */
export interface AuditedChunks {
  source: number;
  kind: string;
  /** As in `millrace.sources`. */
  state: string;
  settled: boolean;
  /** How many were looked at: as many as asked for when there may be more. */
  chunks: number;
  /** null: there were none. */
  last: number | null;
  /** Without all their outcomes, and the first of them. */
  unresolved: number;
  first_unresolved: number | null;
  /** That failed, or whose outcomes are not as many as their records. */
  unbalanced: number;
  /** When the latest of them went out, in Unix time. */
  published_at_s: number | null;
}

/**
 * Looks at the next chunks of sources, at most `limit` of each. It costs some look-ups a chunk whatever the tables' sizes, and
 * says of a chunk what `millrace.books` says of a whole source. Compacted chunks are not looked at: a range holds its balance by constraint.
 * @returns in no order; sources that do not exist are left out
 */
export function auditChunks(
  db: Database,
  places: readonly AuditPlace[],
  { limit, timeout_ms }: { limit: number; timeout_ms: number },
): Promise<AuditedChunks[]> {
  return boundedQuery(db, timeout_ms, AUDIT, [
    places.map(({ source }) => source),
    places.map(({ from_chunk }) => from_chunk),
    limit,
  ]);
}

// LIMIT and the aggregate keep the planner from joining whole tables: one look into each index a chunk, whatever it thinks of their sizes.
export const AUDIT = `
  select s.id as source, s.kind, s.state, s.settled, c.*
  from unnest($1::int[], $2::int[]) as k (source, from_chunk)
  cross join lateral (select id, kind, state, settled from millrace.sources where id = k.source limit 1) s
  cross join lateral (
    select count(*)::int as chunks, max(o.chunk) as last,
      count(*) filter (where not o.resolved)::int as unresolved, min(o.chunk) filter (where not o.resolved) as first_unresolved,
      count(*) filter (where o.failed or o.resolved and o.records <> o.accounted)::int as unbalanced,
      extract(epoch from max(o.published_at))::float8 as published_at_s
    from (
      select c.chunk, c.records, c.published_at, coalesce(m.failed, false) or l.failed > 0 as failed,
        m.slots is not null and (m.failed or m.slots <@ l.slots) as resolved, l.rows + coalesce(m.rejected, 0) as accounted
      from (
        select chunk, records, published_at from millrace.chunks
        where source = k.source and chunk >= k.from_chunk order by chunk limit $3) c
      left join lateral (
        select slots, failed, rejected from millrace.manifests where source = k.source and chunk = c.chunk limit 1) m on true
      cross join lateral (
        select coalesce(array_agg(slot), '{}') as slots, coalesce(sum(written + duplicates + rejected), 0) as rows,
          coalesce(sum(failed), 0) as failed
        from millrace.ledger where source = k.source and chunk = c.chunk) l) o
  ) c`;
