import type { Queryable } from '../database.js';

/** How far one source is, chunk by chunk. Chunks that were compacted count as recorded, published and resolved. */
export interface SourceCheckpoint {
  source: number;
  dataset: string;
  kind: 'file' | 'inbox';
  path: string;
  state: string;
  /** Nothing is left to be cut, published or resolved, or ever can be. */
  settled: boolean;
  recorded: number;
  published: number;
  /** With an outcome in PostgreSQL, failed ones included. */
  resolved: number;
  failed: number;
  heals: number;
  /** The first chunk without an outcome; null when all have theirs. */
  first_unresolved: number | null;
  /** Since it was published; null also where it was not. */
  waits_seconds: number | null;
  /** Where the cutter goes on, in the file's text; null for an inbox. */
  cut_bytes: number | null;
  /** The file's size as it was listed: of a compressed one its compressed size. */
  size_bytes: number | null;
  /** Of an inbox: the first offset that is not recorded. As text: an offset has 63 bits. */
  next_offset: string | null;
  error: { code?: string; message?: string } | null;
}

/** What a dataset's sources come to. */
export interface SourceTotals {
  sources: number;
  /** With something left to be cut, published or resolved. */
  open: number;
  /** Changed, vanished or failed. */
  red: number;
}

export interface SourceFilter {
  dataset: string;
  /** One source only. */
  source?: number;
  limit: number;
}

/**
 * Sources of a dataset: first those with something open, then the red ones, then the newest. Outcomes are looked at only where
 * some may be missing: about 10 ms a thousand chunks of an open source.
 */
export async function sourceCheckpoints(
  db: Queryable,
  { dataset, source, limit }: SourceFilter,
): Promise<SourceCheckpoint[]> {
  return db.query(
    `select s.id as source, s.dataset, s.kind, s.path, s.state, s.settled, s.error,
       (c.chunks + r.chunks)::float8 as recorded, (c.published + r.chunks)::float8 as published,
       (coalesce(o.resolved, c.chunks) + r.chunks)::float8 as resolved, coalesce(o.failed, 0)::float8 as failed,
       (c.heals + r.heals)::float8 as heals, o.first_unresolved,
       (select extract(epoch from clock_timestamp() - published_at)::float8 from millrace.chunks
        where chunks.source = s.id and chunk = o.first_unresolved) as waits_seconds,
       case when s.kind = 'file' then greatest(c.byte_end, r.byte_end, s.header_end)::float8 end as cut_bytes,
       s.sealed_bytes::float8 as size_bytes,
       case when s.kind = 'inbox' then (s.base_offset + (s.next_record >> 20))::text end as next_offset
     from (
       select *, state in ('changed', 'vanished', 'failed') as is_red from millrace.sources
       where dataset = $1 and ($2::int is null or id = $2)
       order by settled, is_red desc, id desc limit $3) s
     cross join lateral (
       select count(*) as chunks, count(published_at) as published, coalesce(sum(heals), 0) as heals, max(byte_end) as byte_end
       from millrace.chunks where chunks.source = s.id) c
     cross join lateral (
       select coalesce(sum(chunk_to - chunk_from + 1), 0) as chunks, coalesce(sum(heals), 0) as heals, max(byte_end) as byte_end
       from millrace.ranges where ranges.source = s.id) r
     left join lateral (
       select count(*) filter (where resolved) as resolved, count(*) filter (where failed) as failed,
         min(chunk) filter (where not resolved) as first_unresolved
       from millrace.chunk_outcomes where chunk_outcomes.source = s.id) o on not s.settled or s.is_red or s.error is not null
     order by s.settled, s.is_red desc, s.id desc`,
    [dataset, source ?? null, limit],
  );
}

export async function sourceTotals(db: Queryable, dataset: string): Promise<SourceTotals> {
  const [totals] = await db.query<SourceTotals>(
    `select count(*)::float8 as sources, count(*) filter (where not settled)::float8 as open,
       count(*) filter (where state in ('changed', 'vanished', 'failed'))::float8 as red
     from millrace.sources where dataset = $1`,
    [dataset],
  );
  return totals;
}

/** Datasets that have sources or a config in the registry, in order of their names. */
export async function knownDatasets(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    'select name from millrace.datasets union select dataset from millrace.sources order by 1',
  );
  return rows.map(({ name }) => name);
}

/** How far the aggregators have applied these topics' partitions. As text: an offset has 63 bits. */
export async function appliedOffsets(
  db: Queryable,
  topics: readonly string[],
): Promise<{ topic: string; partition: number; next_offset: string }[]> {
  return db.query(
    'select topic, partition, next_offset::text from millrace.offsets where topic = any ($1::text[]) order by 1, 2',
    [topics],
  );
}
