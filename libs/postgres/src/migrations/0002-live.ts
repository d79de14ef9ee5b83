import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The `millrace` schema of issue 2: live sources, leases, requests, and ranges that old chunks are compacted to. */
export class Live1764000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...tables, ...views, SETTLE]) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('there is no way back from migration 0002: reset and bring the files again');
  }
}

const tables = [
  // Who works at what, until when. Time-bounded: the lease of one that died is taken over once it ran out.
  `create table millrace.leases (
     subject text primary key, owner text not null, until timestamptz not null)`,

  // A directory that is watched for ever, until it is removed.
  `create table millrace.watches (
     id bigint generated always as identity primary key,
     dataset text not null, path text not null,
     created_at timestamptz not null default now(), removed_at timestamptz,
     listed_at timestamptz, files int, ignored int, refused jsonb, error jsonb)`,
  'create unique index watches_dataset_path on millrace.watches (dataset, path) where removed_at is null',

  // live: read up to its last whole record, more may come. settled: nothing is left to be cut, published or resolved.
  // arrived_at: when a watch first saw the bytes of a file that were not read then.
  `alter table millrace.sources
     drop constraint sources_state_check,
     add constraint sources_state_check check (state in ('registered', 'live', 'cut', 'changed', 'vanished', 'failed')),
     add watch bigint, add sealed boolean not null default true, add settled boolean not null default false,
     add compression text, add arrived_at timestamptz,
     add topic text, add partition int, add cluster_id text, add topic_id text, add base_offset bigint, add next_record bigint`,
  'create index sources_unsettled on millrace.sources (dataset, id) where not settled',
  'create index sources_watch on millrace.sources (watch) where watch is not null',
  'create index sources_inode on millrace.sources (inode) where inode is not null',
  "create unique index sources_inbox on millrace.sources (topic, partition, topic_id, base_offset) where kind = 'inbox'",

  // Where a chunk begins is told once a source: two that believe they own it cannot both record it.
  'create unique index chunks_source_start on millrace.chunks (source, byte_start)',
  // Offsets of repeated requests that lie in the range of an inbox's chunk and are not in it.
  'alter table millrace.chunks add dropped bigint[]',

  // Old chunks of live sources with their ledger and manifest rows, once resolved and balanced, merged to one row.
  `create table millrace.ranges (
     source int not null, chunk_from int not null, chunk_to int not null,
     byte_start bigint not null, byte_end bigint not null, first_record bigint not null, last_record bigint not null,
     records bigint not null, written bigint not null, duplicates bigint not null, rejected bigint not null,
     skipped bigint not null, heals int not null, content_hash bytea,
     primary key (source, chunk_from),
     constraint ranges_account_for_every_row check (records = written + duplicates + rejected))`,
  // Finds the range of a row that a lower position comes to replace.
  'create index ranges_source_first_record on millrace.ranges (source, first_record)',

  // Requests with an Idempotency-Key. source and offset are those of the message that counts, once it is recorded.
  `create table millrace.requests (
     id uuid primary key default gen_random_uuid(),
     dataset text not null, key text not null, body_hash bytea not null, rows int not null,
     source int, "offset" bigint, repeats int not null default 0, at timestamptz not null default clock_timestamp(),
     unique (dataset, key))`,
  'create index requests_at on millrace.requests (at)',
];

const views = [
  // As before, but by one look into the ledger's index a chunk, whatever the planner thinks of the tables' sizes.
  `create or replace view millrace.chunk_outcomes as
   select c.source, c.chunk, c.records, c.published_at, c.heals, coalesce(m.failed, false) as failed,
     m.source is not null and (m.failed or m.slots <@ array(
       select l.slot from millrace.ledger l where l.source = c.source and l.chunk = c.chunk)) as resolved
   from millrace.chunks c left join millrace.manifests m on m.source = c.source and m.chunk = c.chunk`,

  `create or replace view millrace.books as
   select s.dataset, s.id as source, s.path, c.rows_in + r.records as rows_in, l.written + r.written as written,
     l.duplicates + r.duplicates as duplicates, l.rejected + m.rejected + r.rejected as rejected,
     m.skipped + r.skipped as skipped, l.failed + c.failed as failed, s.state,
     c.rows_in = l.written + l.duplicates + l.rejected + m.rejected and l.failed = 0 and c.failed_chunks = 0
       and s.state not in ('changed', 'vanished', 'failed') as balanced,
     s.state in ('cut', 'live') and c.all_resolved as complete
   from millrace.sources s
   cross join lateral (
     select coalesce(sum(records), 0)::bigint as rows_in, coalesce(sum(records) filter (where failed), 0)::bigint as failed,
       count(*) filter (where failed) as failed_chunks, coalesce(bool_and(resolved), true) as all_resolved
     from millrace.chunk_outcomes where source = s.id) c
   cross join lateral (
     select coalesce(sum(written), 0)::bigint as written, coalesce(sum(duplicates), 0)::bigint as duplicates,
       coalesce(sum(rejected), 0)::bigint as rejected, coalesce(sum(failed), 0)::bigint as failed
     from millrace.ledger where source = s.id) l
   cross join lateral (
     select coalesce(sum(rejected), 0)::bigint as rejected, coalesce(sum(skipped), 0)::bigint as skipped
     from millrace.manifests where source = s.id) m
   cross join lateral (
     select coalesce(sum(records), 0)::bigint as records, coalesce(sum(written), 0)::bigint as written,
       coalesce(sum(duplicates), 0)::bigint as duplicates, coalesce(sum(rejected), 0)::bigint as rejected,
       coalesce(sum(skipped), 0)::bigint as skipped
     from millrace.ranges where source = s.id) r`,

  // Where a rejected record stood, in the terms of its source: a file's record, or an inbox's topic, partition, offset and row.
  `create view millrace.rejects_located as
   select r.dataset, r.source, s.kind, s.path, r.record, s.topic, s.partition,
     case when s.kind = 'inbox' then s.base_offset + (r.record >> 20) end as "offset",
     case when s.kind = 'inbox' then (r.record & 1048575)::int end as row,
     r."column", r.code, r.value, r.raw
   from millrace.rejects r join millrace.sources s on s.id = r.source`,
];

// Of what was there before, only what is unfinished is work.
const SETTLE = `update millrace.sources s set settled = true
  where s.state <> 'registered' and not exists (
    select from millrace.chunk_outcomes o where o.source = s.id and not o.resolved)`;
