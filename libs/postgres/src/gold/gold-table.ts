import { MillraceError } from '@millrace/contracts';
import type { ColumnPlan, DatasetPlan, GoldPlan } from '@millrace/dataset';
import { typeName } from '../keys/key-columns.js';

/** What a gold table stores for one measure: a count of rows, or of a column's values that are not NULL, or something of those values. */
export interface StoredMeasure {
  name: string;
  kind: 'count' | 'values' | 'sum' | 'min' | 'max';
  /** The measured column; null for the count of rows. */
  column: ColumnPlan | null;
}

export interface GoldTable {
  name: string;
  dimensions: ColumnPlan[];
  /** In table order; the count of rows, by which an empty group is deleted, is always among them. */
  stored: StoredMeasure[];
  /** Index in `stored` of the count. */
  count: number;
  /** Generated columns: `sum` and `count` are names of stored measures. */
  averages: { name: string; sum: string; count: string }[];
  /** Only rows where this is true count. */
  where: ColumnPlan | null;
}

/** PostgreSQL's types of what is stored; a lowest or highest value may be NULL, as none is known. */
export function storedType({ kind, column }: StoredMeasure): { type: string; nullable: boolean } {
  if (kind === 'count' || kind === 'values') return { type: 'bigint', nullable: false };
  if (kind === 'sum') return { type: 'numeric', nullable: false };
  return { type: typeName(column!.postgres_type), nullable: true };
}

export const isExtreme = ({ kind }: Pick<StoredMeasure, 'kind'>): boolean => kind === 'min' || kind === 'max';

/**
 * A measure's value in the one form that it has whatever was done to it before: a NUMERIC without a stated scale keeps the most
 * digits that were ever added to it, zeros as well, so that equal sums of other histories would look different.
 */
export function canonical({ kind, column }: Pick<StoredMeasure, 'kind' | 'column'>, sql: string): string {
  const isFree = column?.type === 'decimal' && column.precision === null;
  return isFree && kind !== 'values' ? `trim_scale(${sql})` : sql;
}

const NAME_BYTES = 63;

/** Lays out a gold table: what an average or a retraction needs and the config does not name is stored under `_...`. */
export function goldTable(plan: DatasetPlan, gold: GoldPlan): GoldTable {
  const dimensions = gold.dimensions.map((index) => plan.columns[index]);
  for (const { name, nullable } of dimensions) {
    if (nullable) {
      throw new MillraceError('CONFIG_INVALID', `dimension ${name} of ${gold.table} may be NULL: give it a default`);
    }
  }
  const stored: StoredMeasure[] = [];
  for (const { name, kind, column } of gold.measures) {
    if (kind !== 'avg') stored.push({ name, kind, column: column === null ? null : plan.columns[column] });
  }
  const need = (kind: 'count' | 'values' | 'sum', column: ColumnPlan | null, prefix: string): string => {
    const found = stored.find((measure) => measure.kind === kind && measure.column === column);
    if (found) return found.name;
    const name = column === null ? prefix : ownName(prefix, column);
    stored.push({ name, kind, column });
    return name;
  };
  const count = need('count', null, '_rows');
  const averages = gold.measures
    .filter(({ kind }) => kind === 'avg')
    .map(({ name, column: index }) => {
      const column = plan.columns[index!];
      // NULL has no part in an average, neither above the line nor below it.
      const values = column.nullable ? need('values', column, '_count_') : count;
      return { name, sum: need('sum', column, '_sum_'), count: values };
    });
  const where = gold.where === null ? null : plan.columns[gold.where];
  return {
    name: gold.table,
    dimensions,
    stored,
    count: stored.findIndex(({ name }) => name === count),
    averages,
    where,
  };
}

/** Names in a config do not begin with `_`. A column's name may leave no room for a prefix. */
function ownName(prefix: string, { name, index }: ColumnPlan): string {
  return Buffer.byteLength(prefix + name) <= NAME_BYTES ? prefix + name : `${prefix}${index}`;
}
