import { MillraceError } from '@millrace/contracts';
import type { ColumnPlan, DatasetPlan } from '@millrace/dataset';
import type { Transaction } from '../database.js';
import { quote, tableName } from '../identifiers.js';
import { typeName } from '../keys/key-columns.js';
import { rulesOf, type TableColumn } from './catalog.js';
import { changeType } from './change-type.js';
import { addColumnSql, keyNames, OWN_COLUMNS, VERSION_COLUMN_SQL } from './keyed-table.js';
import { attempt, refuse } from './refuse.js';
import type { Shape } from './shape.js';

/** How a table of ours differs from what a plan wants. */
export interface TableChanges {
  added: ColumnPlan[];
  retyped: { column: ColumnPlan; from: string }[];
  /** Columns whose values may be missing from now on: they left the config, or the config allows it. */
  loosened: string[];
  /** Tables of earlier versions of Millrace have none. */
  lacksVersion: boolean;
}

export function compareTable(plan: DatasetPlan, there: ReadonlyMap<string, TableColumn>): TableChanges {
  const wanted = new Map(plan.columns.map((column) => [column.name, column]));
  const own = new Set(OWN_COLUMNS.map(([name]) => name));
  const missing = OWN_COLUMNS.find(([name]) => name !== '_version' && !there.has(name));
  if (missing) refuse(`table ${plan.table} has lost its column ${missing[0]}`);
  return {
    added: plan.columns.filter(({ name }) => !there.has(name)),
    retyped: plan.columns.flatMap((column) => {
      const from = there.get(column.name)?.type;
      return from === undefined || from === typeName(column.postgres_type) ? [] : [{ column, from }];
    }),
    loosened: [...there.values()].flatMap(({ name, optional, nullable }) => {
      const column = wanted.get(name);
      if (own.has(name) || nullable) return [];
      return (column ? column.nullable : !optional) ? [name] : [];
    }),
    lacksVersion: !there.has('_version'),
  };
}

/** @throws MillraceError CONFIG_INVALID when a value does not fit its column's new type */
export async function changeTable(tx: Transaction, plan: DatasetPlan, changes: TableChanges): Promise<void> {
  const { added, retyped, loosened, lacksVersion } = changes;
  const parts = [
    ...added.map(addColumnSql),
    ...loosened.map((name) => `alter column ${quote(name)} drop not null`),
    ...(lacksVersion ? [VERSION_COLUMN_SQL] : []),
  ];
  if (parts.length > 0) {
    await attempt(`table ${plan.table}`, () => tx.query(`alter table ${tableName(plan.table)} ${parts.join(', ')}`));
  }
  for (const { column, from } of retyped) {
    await changeType(tx, plan.table, column, { from, to: typeName(column.postgres_type) });
  }
}

/**
 * Rows were placed, chosen and counted by their key: only a table without any can have another.
 * @throws MillraceError CONFIG_INVALID; PLAN_BUSY where the next run replaces the table anyway
 */
export function refuseIdentity({ name, table, if_table_exists }: DatasetPlan): never {
  if (if_table_exists === 'replace') {
    throw new MillraceError(
      'PLAN_BUSY',
      `dataset ${name} gets another key, keep or parts with the run that replaces it`,
    );
  }
  refuse(
    `dataset ${name}: key, keep, parts and table can only change while ${table} is empty: write if_table_exists: replace to begin ` +
      'anew, or give the dataset another name and table',
  );
}

/** Drops the indexes of the former key, so that its columns may change. */
export async function dropKey(tx: Transaction, shape: Shape): Promise<void> {
  const [keys] = JSON.parse(shape.identity) as [[string, string][]];
  const former = keys.length > 0 ? keys.map(([name]) => name) : ['_source', '_record'];
  for (const rule of await rulesOf(tx, shape.table)) {
    if (rule.kind !== 'unique' || JSON.stringify(rule.columns) !== JSON.stringify(former)) continue;
    await attempt(`the key of table ${shape.table}`, () =>
      tx.query(
        rule.isConstraint
          ? `alter table ${tableName(shape.table)} drop constraint ${quote(rule.name)}`
          : `drop index ${tableName(rule.name)}`,
      ),
    );
  }
}

/** @throws MillraceError CONFIG_INVALID when rows stand against it */
export async function makeKey(tx: Transaction, plan: DatasetPlan): Promise<void> {
  const names = keyNames(plan);
  const rules = await rulesOf(tx, plan.table);
  const isSame = (columns: string[] | null) =>
    columns !== null && JSON.stringify([...columns].sort()) === JSON.stringify([...names].sort());
  if (rules.some(({ kind, columns }) => kind === 'unique' && isSame(columns))) return;
  await attempt(`table ${plan.table} cannot have the key ${names.join(', ')}`, async () => {
    if (plan.keys.length > 0) {
      const required = names.map((name) => `alter column ${quote(name)} set not null`);
      await tx.query(`alter table ${tableName(plan.table)} ${required.join(', ')}`);
    }
    await tx.query(`create unique index on ${tableName(plan.table)} (${names.map(quote).join(', ')})`);
  });
}
