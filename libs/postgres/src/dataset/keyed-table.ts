import type { ColumnPlan, DatasetPlan } from '@millrace/dataset';
import type { Transaction } from '../database.js';
import { literal, quote, tableName } from '../identifiers.js';
import { keyColumnsOf, typeName } from '../keys/key-columns.js';

/** Of each row: where it came from, and the version of the dataset's config that it was cleaned under. */
export const OWN_COLUMNS: readonly [string, string][] = [
  ['_source', 'integer'],
  ['_record', 'bigint'],
  ['_version', 'integer'],
];

export const keyNames = (plan: DatasetPlan): string[] => keyColumnsOf(plan).map(({ name }) => name);

export async function createKeyedTable(tx: Transaction, plan: DatasetPlan): Promise<void> {
  const columns = plan.columns.map(
    ({ name, postgres_type, nullable }) => `${quote(name)} ${postgres_type}${nullable ? '' : ' not null'}`,
  );
  await tx.query(
    `create table ${tableName(plan.table)} (${columns.join(', ')}, _source int not null, _record bigint not null,
       _version int not null default 0, primary key (${keyNames(plan).map(quote).join(', ')}))`,
  );
}

/**
 * SQL that adds a column to a table with rows. They have no value of it, so that it must allow NULL, unless the config has
 * a default: then that is theirs, and of rows that an older version still writes.
 */
export function addColumnSql({ name, postgres_type, nullable, default_value, pii }: ColumnPlan): string {
  const filled = !nullable && default_value !== null && pii !== 'hash';
  const value = filled ? ` not null default ${literal(default_value)}::${typeName(postgres_type)}` : '';
  return `add column ${quote(name)} ${postgres_type}${value}`;
}

export const VERSION_COLUMN_SQL = 'add column _version int not null default 0';
