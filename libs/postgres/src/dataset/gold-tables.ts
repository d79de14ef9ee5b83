import { createHash } from 'node:crypto';
import type { DatasetPlan } from '@millrace/dataset';
import type { Transaction } from '../database.js';
import { canonical, type GoldTable, goldTable, isExtreme, type StoredMeasure, storedType } from '../gold/gold-table.js';
import { quote, tableName } from '../identifiers.js';
import { hasRows, relationKind } from './catalog.js';
import { attempt, refuse } from './refuse.js';

/** Makes gold tables and fills them from the keyed table. Those that are there are dropped before. */
export async function makeGold(tx: Transaction, plan: DatasetPlan, names: ReadonlySet<string>): Promise<void> {
  for (const gold of plan.gold) {
    if (!names.has(gold.table)) continue;
    const table = goldTable(plan, gold);
    await tx.query(createSql(table));
    await requireDimensions(tx, plan, table);
    await attempt(`gold table ${table.name}`, () => tx.query(fillSql(plan, table)));
  }
}

/** @param isOurs tables that an earlier version of the dataset made @throws MillraceError CONFIG_INVALID */
export async function dropGold(
  tx: Transaction,
  plan: DatasetPlan,
  names: Iterable<string>,
  isOurs: (name: string) => boolean,
): Promise<void> {
  for (const name of names) {
    const kind = await relationKind(tx, name);
    if (!kind) continue;
    if (kind !== 'table' || !(isOurs(name) || plan.if_table_exists === 'replace')) {
      refuse(`gold table ${name} exists, and Millrace did not make it: drop it, or give the gold table another name`);
    }
    await attempt(`gold table ${name} cannot be made anew`, () => tx.query(`drop table ${tableName(name)}`));
  }
}

function createSql({ name, dimensions, stored, averages }: GoldTable): string {
  const columns = [
    ...dimensions.map((column) => `${quote(column.name)} ${column.postgres_type} not null`),
    ...stored.map((measure) => {
      const { type, nullable } = storedType(measure);
      return `${quote(measure.name)} ${type}${nullable ? '' : ' not null'}`;
    }),
    ...averages.map(
      ({ name, sum, count }) =>
        `${quote(name)} numeric generated always as (round(${quote(sum)} / nullif(${quote(count)}, 0), 4)) stored`,
    ),
  ];
  const key = dimensions.map((column) => quote(column.name));
  // Half-full pages: an upsert then finds room beside the row it replaces (HOT), and no index is touched.
  return `create table ${tableName(name)} (${columns.join(', ')}, primary key (${key.join(', ')})) with (fillfactor = 50)`;
}

/** The gold table as the keyed table says: what upserts have made of it, or would have. */
export function fillSql(plan: DatasetPlan, { name, dimensions, stored, where }: GoldTable): string {
  const keys = dimensions.map((column) => quote(column.name));
  const columns = [...keys, ...stored.map((measure) => quote(measure.name))];
  return `insert into ${tableName(name)} (${columns.join(', ')})
    select ${[...keys, ...stored.map(aggregate)].join(', ')} from ${tableName(plan.table)}
    ${where ? `where ${quote(where.name)}` : ''} group by ${keys.join(', ')}`;
}

function aggregate(measure: StoredMeasure): string {
  const { kind, column } = measure;
  if (column === null) return 'count(*)';
  const name = quote(column.name);
  if (kind === 'values') return `count(${name})`;
  return canonical(measure, kind === 'sum' ? `coalesce(sum(${name}), 0)` : `${kind}(${name})`);
}

async function requireDimensions(tx: Transaction, plan: DatasetPlan, { name, dimensions }: GoldTable): Promise<void> {
  for (const column of dimensions) {
    if (await hasRows(tx, plan.table, `${quote(column.name)} is null`)) {
      refuse(`gold table ${name}: rows that stand in ${plan.table} have no ${column.name}: give the column a default`);
    }
  }
}

const INDEX_PREFIX = 'millrace_groups_';

/** Where a group's lowest or highest value may have to be found anew, its rows must be found by an index; elsewhere it would only cost. */
export async function indexGroups(tx: Transaction, plan: DatasetPlan): Promise<void> {
  const wanted = new Map<string, string>();
  for (const gold of plan.gold) {
    const { dimensions, stored } = goldTable(plan, gold);
    if (!stored.some(isExtreme)) continue;
    const columns = dimensions.map((column) => quote(column.name)).join(', ');
    const hash = createHash('sha256').update(`${plan.table}\0${columns}`).digest('hex').slice(0, 16);
    wanted.set(INDEX_PREFIX + hash, columns);
  }
  const there = await tx.query<{ name: string }>(
    `select i.relname as name from pg_index x join pg_class i on i.oid = x.indexrelid
     where x.indrelid = $1::regclass and i.relname like $2`,
    [tableName(plan.table), `${INDEX_PREFIX.replaceAll('_', '\\_')}%`],
  );
  const known = new Set(there.map(({ name }) => name));
  for (const name of known) if (!wanted.has(name)) await tx.query(`drop index ${tableName(name)}`);
  for (const [name, columns] of wanted) {
    if (known.has(name)) continue;
    await attempt(`index on ${columns} of ${plan.table}`, () =>
      tx.query(`create index ${quote(name)} on ${tableName(plan.table)} (${columns})`),
    );
  }
}

/**
 * Judges the rows that stand in the table by conditions of gold that are new, as if they had been cleaned under them.
 * @throws MillraceError CONFIG_INVALID when PostgreSQL cannot
 */
export async function judgeRows(tx: Transaction, plan: DatasetPlan, known: ReadonlyMap<string, string>): Promise<void> {
  for (const { where, table } of plan.gold) {
    const column = where === null ? null : plan.columns[where];
    const { derive } = column ?? {};
    if (!column || derive?.function !== 'expression' || known.get(column.name) === derive.expression) continue;
    if (!(await hasRows(tx, plan.table))) continue;
    const advice = 'begin anew with if_table_exists: replace';
    await attempt(`gold table ${table}: its condition cannot be told of rows that stand there, ${advice}`, () =>
      tx.query(`update ${tableName(plan.table)} set ${quote(column.name)} = (${derive.expression}\n)`),
    );
  }
}
