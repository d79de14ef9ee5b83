import type { DatasetPlan } from '@millrace/dataset';
import { quote } from '../identifiers.js';

/** A column that a row is found by. */
export interface KeyColumn {
  name: string;
  /** PostgreSQL's, without collation, precision and scale. */
  type: string;
}

/** Without a key a row's position is its identity. */
const POSITION: KeyColumn[] = [
  { name: '_source', type: 'integer' },
  { name: '_record', type: 'bigint' },
];

/** A column's type as PostgreSQL names it: without collation. */
export const typeName = (postgres_type: string): string => postgres_type.replace(/ collate .*$/i, '');

const castName = (postgres_type: string): string => typeName(postgres_type).replace(/\(.*\)$/, '');

export function keyColumnsOf({ keys, columns }: Pick<DatasetPlan, 'keys' | 'columns'>): KeyColumn[] {
  if (keys.length === 0) return POSITION;
  return keys.map((index) => ({ name: columns[index].name, type: castName(columns[index].postgres_type) }));
}

/** Whether the key text is the column's own text; otherwise it is a JSON array of the columns' canonical texts. */
export const isPlainText = (columns: readonly KeyColumn[]): boolean =>
  columns.length === 1 && columns[0].type === 'text';

/** SQL: keys in parameters from `$1` on, an array a column, as columns `k0`, `k1`, ... of `alias`. */
export function keysFrom(columns: readonly KeyColumn[], alias: string): string {
  const arrays = columns.map(({ type }, at) => `$${at + 1}::${type}[]`);
  return `unnest(${arrays.join(', ')}) with ordinality as ${alias} (${columns.map((_, at) => `k${at}`).join(', ')}, at)`;
}

/** SQL: that the row `table` has the key in `alias`. */
export function hasKey(columns: readonly KeyColumn[], table: string, alias: string): string {
  return columns.map(({ name }, at) => `${table}.${quote(name)} = ${alias}.k${at}`).join(' and ');
}

/** SQL: that the row `table` has the key whose text is `key`. */
export function hasKeyText(columns: readonly KeyColumn[], table: string, key: string): string {
  if (isPlainText(columns)) return `${table}.${quote(columns[0].name)} = ${key}`;
  return columns
    .map(({ name, type }, at) => `${table}.${quote(name)} = (${key}::jsonb ->> ${at})::${type}`)
    .join(' and ');
}

/** The parameters of `keysFrom` for key texts. */
export function keyArrays(columns: readonly KeyColumn[], keys: readonly string[]): string[][] {
  if (isPlainText(columns)) return [[...keys]];
  const parts = keys.map((key) => JSON.parse(key) as string[]);
  return columns.map((_, at) => parts.map((part) => part[at]));
}
