import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The `millrace` schema of issue 6. Roles and their rights are no part of it: `migrate` brings them up to date each time. */
export class Operate1765000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...tables, ...duplicatesNamed]) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('there is no way back from migration 0004: reset and bring the files again');
  }
}

const tables = [
  // While a dataset has a row here, nothing new of it is recorded.
  `create table millrace.pauses (
     dataset text primary key, paused_at timestamptz not null default now(), reason text)`,

  // Chunks of a source that are to be published again, from this one on: an ingestor does it. next_chunk: where it goes on.
  `create table millrace.republications (
     id bigint generated always as identity primary key,
     source int not null, from_chunk int not null default 0,
     requested_at timestamptz not null default now(), finished_at timestamptz, next_chunk int, chunks int, error jsonb)`,
  'create index republications_open on millrace.republications (source) where finished_at is null',

  // hash: sha256 of the key's secret half. datasets: {'*'} is all of them.
  `create table millrace.api_keys (
     id text primary key, name text not null, hash bytea not null, datasets text[] not null,
     rows_per_second int, bytes_per_second bigint,
     created_at timestamptz not null default now(), expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz)`,
];

const duplicatesNamed = [
  // All columns that it will ever have, so that only what it selects changes from here on: see dataset/name-duplicates.ts.
  `do $$ begin
  if (select count(*) from pg_attribute where attrelid = 'millrace.duplicates_named'::regclass and attnum > 0) < 12 then
    create or replace view millrace.duplicates_named as
    select null::text as dataset, null::int as source, null::text as path, null::bigint as record,
      null::text collate "C" as key, null::int as winner_source, null::text as winner_path, null::bigint as winner_record,
      null::text as winner_topic, null::int as winner_partition, null::bigint as winner_offset, null::int as winner_row
    where false;
  end if;
end $$`,
  // Whoever reads it needs the right to the datasets' tables: its owner may lack it for one of them.
  'alter view millrace.duplicates_named set (security_invoker = true)',
];
