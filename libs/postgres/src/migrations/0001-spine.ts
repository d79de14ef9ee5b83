import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The `millrace` schema of issue 1. The views give the books: see the comments on them. */
export class Spine1763700000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...tables, ...views]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema millrace cascade');
  }
}

const tables = [
  `create table millrace.datasets (
     name text not null, fingerprint text not null, config jsonb not null,
     table_name text not null, key_column text not null,
     registered_at timestamptz not null default now(),
     primary key (name, fingerprint))`,

  `create table millrace.scans (
     id bigint generated always as identity primary key,
     dataset text not null, path text not null, fingerprint text not null,
     state text not null default 'requested' check (state in ('requested', 'listed', 'finished', 'failed')),
     requested_at timestamptz not null default now(), listed_at timestamptz, finished_at timestamptz,
     files int, size_bytes bigint, ignored int, refused jsonb, error jsonb)`,

  `create table millrace.sources (
     id int primary key,
     dataset text not null, kind text not null default 'file', path text not null,
     device bigint, inode bigint, size_bytes bigint, modified_ns numeric, changed_ns numeric,
     sealed_bytes bigint, header bytea, header_end bigint,
     state text not null default 'registered' check (state in ('registered', 'cut', 'changed', 'vanished', 'failed')),
     error jsonb, registered_at timestamptz not null default now())`,
  'create index sources_dataset_path on millrace.sources (dataset, path)',

  `create table millrace.scan_sources (
     scan bigint not null, source int not null, primary key (scan, source))`,

  `create table millrace.chunks (
     source int not null, chunk int not null, fingerprint text not null, flags smallint not null default 0,
     byte_start bigint, byte_end bigint, first_record bigint, records int not null, content_hash bytea,
     published_at timestamptz, heals int not null default 0,
     primary key (source, chunk))`,

  // Written before published: a slot's rows are all accounted for, in every committed state.
  `create table millrace.ledger (
     source int not null, chunk int not null, slot int not null,
     first_record bigint, last_record bigint,
     rows int not null, written int not null default 0, duplicates int not null default 0,
     rejected int not null default 0, failed int not null default 0,
     primary key (source, chunk, slot),
     constraint ledger_accounts_for_every_row check (rows = written + duplicates + rejected + failed))`,
  // Finds the batch that wrote a row, when a lower position comes to replace it.
  'create index ledger_source_first_record on millrace.ledger (source, first_record)',

  `create table millrace.manifests (
     source int not null, chunk int not null, records int not null, rejected int not null, skipped int not null,
     slots int[] not null, failed boolean not null default false,
     primary key (source, chunk))`,

  `create table millrace.rejects (
     source int not null, record bigint not null, dataset text not null,
     "column" text, code text not null, value text, raw bytea)`,
  'create index rejects_source_record on millrace.rejects (source, record)',

  `create table millrace.duplicates (
     source int not null, record bigint not null, dataset text not null, key text collate "C" not null)`,
  'create index duplicates_source_record on millrace.duplicates (source, record)',

  // Not by its place alone: a topic that was made anew counts its offsets from 0 again, and its poison is another.
  `create table millrace.set_aside (
     id bigint generated always as identity primary key,
     dataset text, stage text not null, topic text not null, partition int not null, "offset" bigint not null,
     source bigint, chunk bigint, slot bigint, code text not null, reason text not null, size_bytes int not null,
     at timestamptz not null default now(),
     unique nulls not distinct (topic, partition, "offset", source, chunk, slot, code, size_bytes))`,

  `create table millrace.offsets (
     topic text not null, partition int not null, next_offset bigint not null,
     primary key (topic, partition))`,
];

const views = [
  // A chunk is resolved when its manifest is in and every slot that the manifest names is in the ledger.
  `create view millrace.chunk_outcomes as
   select c.source, c.chunk, c.records, c.published_at, c.heals, coalesce(m.failed, false) as failed,
     m.source is not null and (m.failed or not exists (
       select from unnest(m.slots) as named (slot)
       where not exists (select from millrace.ledger l
                         where l.source = c.source and l.chunk = c.chunk and l.slot = named.slot))) as resolved
   from millrace.chunks c left join millrace.manifests m on m.source = c.source and m.chunk = c.chunk`,

  // rows_in is the cutter's count; what came out is counted elsewhere. Balanced says that both agree.
  `create view millrace.books as
   select s.dataset, s.id as source, s.path, c.rows_in, l.written, l.duplicates, l.rejected + m.rejected as rejected,
     m.skipped, l.failed + c.failed as failed, s.state,
     c.rows_in = l.written + l.duplicates + l.rejected + m.rejected and l.failed = 0 and c.failed_chunks = 0
       and s.state not in ('changed', 'vanished', 'failed') as balanced,
     s.state = 'cut' and c.all_resolved as complete
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
     from millrace.manifests where source = s.id) m`,

  // Replaced by ensureDataset with a join over every dataset's table.
  `create view millrace.duplicates_named as
   select null::text as dataset, null::int as source, null::text as path, null::bigint as record, null::text collate "C" as key,
     null::int as winner_source, null::text as winner_path, null::bigint as winner_record
   where false`,
];
