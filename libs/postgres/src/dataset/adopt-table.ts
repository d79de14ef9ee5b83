import type { ColumnPlan, DatasetPlan } from '@millrace/dataset';
import type { Transaction } from '../database.js';
import { quote, tableName } from '../identifiers.js';
import { typeName } from '../keys/key-columns.js';
import { columnsOf, hasRows, rulesOf, type TableColumn } from './catalog.js';
import { makeKey } from './evolve-table.js';
import { addColumnSql, createKeyedTable, keyNames, OWN_COLUMNS, VERSION_COLUMN_SQL } from './keyed-table.js';
import { attempt, refuse } from './refuse.js';

/**
 * A table of that name that Millrace did not make: refused, taken over with its rows, or dropped and made anew, as the config says.
 * Rows that are taken over have no position: they come before all others.
 * @throws MillraceError CONFIG_INVALID
 */
export async function takeOver(tx: Transaction, plan: DatasetPlan, kind: 'table' | 'view' | 'other'): Promise<void> {
  const { table, if_table_exists } = plan;
  if (kind !== 'table') refuse(`${table} is no ordinary table: give the dataset's table another name`);
  if (if_table_exists === 'fail') {
    refuse(
      `table ${table} exists, and Millrace did not make it: write if_table_exists: append to add rows to it, or ` +
        'if_table_exists: replace to drop it',
    );
  }
  if (if_table_exists === 'replace') {
    await attempt(`table ${table} cannot be dropped`, () => tx.query(`drop table ${tableName(table)}`));
    return createKeyedTable(tx, plan);
  }
  const there = await columnsOf(tx, table);
  requireFit(plan, there);
  await requireNoRules(tx, plan);
  await addOwnColumns(tx, plan, there);
  await requireValues(tx, plan);
  await makeKey(tx, plan);
}

function requireFit({ table, columns }: DatasetPlan, there: ReadonlyMap<string, TableColumn>): void {
  const wanted: [string, string, boolean][] = [
    ...columns.map(({ name, postgres_type, hidden }): [string, string, boolean] => [
      name,
      typeName(postgres_type),
      hidden,
    ]),
    ...OWN_COLUMNS.map(([name, type]): [string, string, boolean] => [name, type, true]),
  ];
  const wrong = wanted.filter(([name, type, isAdded]) => {
    const found = there.get(name);
    return found ? found.type !== type || found.generated : !isAdded;
  });
  if (wrong.length > 0) {
    const list = wrong.map(([name, type]) => {
      const found = there.get(name);
      return `${name} ${type} (there: ${found ? (found.generated ? 'generated' : found.type) : 'missing'})`;
    });
    refuse(`table ${table} exists with other columns than the dataset needs: ${list.join(', ')}`);
  }
  const names = new Set(wanted.map(([name]) => name));
  const others = [...there.values()].filter(({ name, optional }) => !names.has(name) && !optional);
  if (others.length > 0) {
    refuse(
      `table ${table} exists, and a row cannot be written without ${others.map(({ name }) => name).join(', ')}: ` +
        'let these columns allow NULL, give them a default, or add them to the dataset',
    );
  }
}

/** What refuses single rows would hold up all others for ever. */
async function requireNoRules(tx: Transaction, plan: DatasetPlan): Promise<void> {
  const key = JSON.stringify(keyNames(plan).sort());
  const others = (await rulesOf(tx, plan.table)).filter(
    ({ kind, columns }) => kind !== 'unique' || columns === null || JSON.stringify([...columns].sort()) !== key,
  );
  if (others.length === 0) return;
  const list = others.map(({ kind, name }) => `${kind} ${name}`).join(', ');
  refuse(`table ${plan.table} has rules of its own that rows may break: drop ${list}, or use another table`);
}

/** Positions of another life say nothing now. */
async function addOwnColumns(tx: Transaction, plan: DatasetPlan, there: ReadonlyMap<string, TableColumn>) {
  const hidden = plan.columns.filter((column) => column.hidden && !there.has(column.name));
  const positions = OWN_COLUMNS.filter(([name]) => name !== '_version');
  const known = positions.filter(([name]) => there.has(name));
  const parts = [
    ...hidden.map(addColumnSql),
    ...positions.filter(([name]) => !there.has(name)).map(([name, type]) => `add column ${name} ${type}`),
    ...(there.has('_version') ? [] : [VERSION_COLUMN_SQL]),
  ];
  if (parts.length > 0) await tx.query(`alter table ${tableName(plan.table)} ${parts.join(', ')}`);
  if (known.length === 0) return;
  await attempt(`table ${plan.table} has a key of positions`, async () => {
    const loosened = known.map(([name]) => `alter column ${name} drop not null`);
    await tx.query(`alter table ${tableName(plan.table)} ${loosened.join(', ')}`);
    await tx.query(`update ${tableName(plan.table)} set _source = null, _record = null where _source is not null`);
  });
}

/** NULL where none may be, and values that no source can bring and no sum can hold. */
async function requireValues(tx: Transaction, plan: DatasetPlan): Promise<void> {
  const dimensions = plan.gold.flatMap((gold) => gold.dimensions);
  for (const column of plan.columns) {
    const name = quote(column.name);
    if (plan.keys.includes(column.index) || dimensions.includes(column.index)) {
      if (await hasRows(tx, plan.table, `${name} is null`)) {
        refuse(`table ${plan.table} has rows without ${column.name}, which the key or gold needs`);
      }
    }
    const strange = strangeValues(name, column);
    if (strange && (await hasRows(tx, plan.table, strange))) {
      refuse(`table ${plan.table} has values in ${column.name} that are not finite, or not of the years 1 to 9999`);
    }
  }
}

function strangeValues(name: string, { type }: ColumnPlan): string | undefined {
  if (type === 'decimal') return `${name} in ('NaN', 'Infinity', '-Infinity')`;
  if (type !== 'date' && type !== 'timestamp') return undefined;
  return `not isfinite(${name}) or extract(year from ${name}) not between 1 and 9999`;
}
