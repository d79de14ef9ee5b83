import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The `millrace` schema of issue 5: versions of datasets, what was seen of their sources, and datasets that were replaced. */
export class Datasets1764000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...versions, ...schemas, ...replaced]) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('there is no way back from migration 0003: reset and bring the files again');
  }
}

const versions = [
  // json, as jsonb would forget the order of measures, which is that of a gold table's columns. shape: see dataset/shape.ts.
  // active: chunks may be cut and batches written under this version. A config that comes back is a version of its own.
  `alter table millrace.datasets
     alter column config type json,
     add version int, add key_columns text[], add active boolean not null default true, add shape jsonb`,
  `update millrace.datasets d set key_columns = array[key_column], version = numbered.version
   from (select name, fingerprint, row_number() over (partition by name order by registered_at, fingerprint) as version
         from millrace.datasets) numbered
   where numbered.name = d.name and numbered.fingerprint = d.fingerprint`,
  `alter table millrace.datasets
     drop column key_column, alter column version set not null, alter column key_columns set not null,
     drop constraint datasets_pkey, add primary key (name, version)`,
  'create index datasets_fingerprint on millrace.datasets (fingerprint)',
  'alter table millrace.scans add plan jsonb',
  'create index scan_sources_source on millrace.scan_sources (source)',
];

const schemas = [
  // What cleaning must know of a source beyond its header, and what its fields looked like when it was first read.
  'alter table millrace.sources add context jsonb, add observed jsonb',

  // Columns that files have and no config: with them the config is another version.
  `create table millrace.evolved_columns (
     dataset text not null, name text not null, header text not null, type text not null,
     found_at timestamptz not null default now(), source int, primary key (dataset, name))`,

  `create table millrace.drift_events (
     id bigint generated always as identity primary key,
     dataset text not null, scan bigint, source int, path text not null,
     kind text not null check (kind in ('new', 'missing', 'renamed', 'retyped')),
     column_name text not null, detail text,
     action text not null check (action in ('evolved', 'rejected', 'ignored', 'reported')),
     at timestamptz not null default now())`,
  'create index drift_events_dataset on millrace.drift_events (dataset, id)',

  // What each run saw: fields as [{ name, type, nullable }].
  `create table millrace.observed_schemas (
     id bigint generated always as identity primary key,
     dataset text not null, scan bigint, path text not null, fields jsonb not null, at timestamptz not null default now())`,
  'create index observed_schemas_dataset on millrace.observed_schemas (dataset, id)',
];

const replaced = [
  // Sources up to this one are forgotten: what still comes of them is no news, and their numbers are never given again.
  `create table millrace.replaced (
     dataset text primary key, last_source int not null, at timestamptz not null default now())`,
  `create function millrace.last_source() returns int language sql stable as
   'select greatest((select max(id) from millrace.sources), (select max(last_source) from millrace.replaced), 0)'`,
];
