import { isNullable } from '@millrace/columnar';
import { MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import type { Database, Transaction } from './database.js';
import { type GoldTable, goldTable } from './gold/gold-table.js';
import { literal, quote } from './identifiers.js';
import { SCHEMA_LOCK } from './migrate.js';

/**
 * Creates what a plan needs and is not there: the keyed table, its gold tables, the dataset's row and its arm of
 * `millrace.duplicates_named`. Idempotent, and safe from several processes at once.
 * @throws MillraceError CONFIG_INVALID when a table of that name exists with other columns, or a name does not fit PostgreSQL
 */
export async function ensureDataset(db: Database, plan: DatasetPlan): Promise<void> {
  const golds = plan.gold.map((gold) => goldTable(plan, gold));
  await db.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [SCHEMA_LOCK]);
    await tx.query(keyedTableSql(plan));
    await requireColumns(tx, plan.table, [
      ...plan.columns.map(({ name, postgres_type }) => [name, postgres_type.replace(/ collate .*$/i, '')]),
      ['_source', 'integer'],
      ['_record', 'bigint'],
    ]);
    for (const gold of golds) {
      await tx.query(goldTableSql(gold));
      await requireColumns(tx, gold.name, [
        ...gold.dimensions.map(({ name, postgres_type }) => [name, postgres_type.replace(/ collate .*$/i, '')]),
        ...gold.stored.map(({ name, kind }) => [name, kind === 'count' ? 'bigint' : 'numeric']),
      ]);
    }
    await tx.query(
      `insert into millrace.datasets (name, fingerprint, config, table_name, key_column) values ($1, $2, $3, $4, $5)
       on conflict do nothing`,
      [plan.name, plan.fingerprint, JSON.stringify(plan.config ?? null), plan.table, plan.columns[plan.key].name],
    );
    await nameDuplicates(tx);
  });
}

/** The keyed table's name for SQL. */
export const tableName = (table: string): string => `public.${quote(table)}`;

function keyedTableSql(plan: DatasetPlan): string {
  const columns = plan.columns.map(
    (column) => `${quote(column.name)} ${column.postgres_type}${isNullable(plan, column.index) ? '' : ' not null'}`,
  );
  const key = quote(plan.columns[plan.key].name);
  return `create table if not exists ${tableName(plan.table)}
    (${columns.join(', ')}, _source int not null, _record bigint not null, primary key (${key}))`;
}

function goldTableSql(gold: GoldTable): string {
  const columns = [
    ...gold.dimensions.map(({ name, postgres_type }) => `${quote(name)} ${postgres_type} not null`),
    ...gold.stored.map(({ name, kind }) => `${quote(name)} ${kind === 'count' ? 'bigint' : 'numeric'} not null`),
    ...gold.averages.map(
      ({ name, sum, count }) =>
        `${quote(name)} numeric generated always as (round(${quote(sum)} / nullif(${quote(count)}, 0), 4)) stored`,
    ),
  ];
  const key = gold.dimensions.map(({ name }) => quote(name));
  // Half-full pages: an upsert then finds room beside the row it replaces (HOT), and no index is touched.
  return `create table if not exists ${tableName(gold.name)}
    (${columns.join(', ')}, primary key (${key.join(', ')})) with (fillfactor = 50)`;
}

async function requireColumns(tx: Transaction, table: string, wanted: string[][]): Promise<void> {
  const rows = await tx.query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
    [tableName(table)],
  );
  const found = new Map(rows.map(({ name, type }) => [name, type]));
  const wrong = wanted.filter(([name, type]) => found.get(name) !== type);
  if (wrong.length === 0) return;
  const list = wrong.map(([name, type]) => `${name} ${type} (there: ${found.get(name) ?? 'missing'})`).join(', ');
  throw new MillraceError('CONFIG_INVALID', `table ${table} exists with other columns than the dataset needs: ${list}`);
}

/** One view over all datasets: a duplicate's winner is whatever row holds its key now; one of an inbox with its place there. */
async function nameDuplicates(tx: Transaction): Promise<void> {
  const datasets = await tx.query<{ name: string; table_name: string; key_column: string }>(
    `select distinct on (name) name, table_name, key_column from millrace.datasets
     where to_regclass('public.' || quote_ident(table_name)) is not null order by name, registered_at desc`,
  );
  const arms = datasets.map(
    ({ name, table_name, key_column }) =>
      `select d.dataset, d.source, s.path, d.record, d.key,
         t._source as winner_source, w.path as winner_path, t._record as winner_record,
         w.topic as winner_topic, w.partition as winner_partition,
         case when w.kind = 'inbox' then w.base_offset + (t._record >> 20) end as winner_offset,
         case when w.kind = 'inbox' then (t._record & 1048575)::int end as winner_row
       from millrace.duplicates d
       join ${tableName(table_name)} t on t.${quote(key_column)} = d.key
       left join millrace.sources s on s.id = d.source
       left join millrace.sources w on w.id = t._source
       where d.dataset = ${literal(name)}`,
  );
  await tx.query(`create or replace view millrace.duplicates_named as ${arms.join(' union all ')}`);
}
