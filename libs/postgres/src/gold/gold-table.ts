import { isNullable } from '@millrace/columnar';
import { MillraceError } from '@millrace/contracts';
import type { ColumnPlan, DatasetPlan, GoldPlan } from '@millrace/dataset';

/** What a gold table stores for one measure: a count of rows, or the sum of a column. */
export interface StoredMeasure {
  name: string;
  kind: 'count' | 'sum';
  /** Index in `plan.columns`; null for the count. */
  column: number | null;
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
}

/** Lays out a gold table: what an average or a retraction needs and the config does not name is stored under `_...`. */
export function goldTable(plan: DatasetPlan, gold: GoldPlan): GoldTable {
  const dimensions = gold.dimensions.map((index) => plan.columns[index]);
  for (const column of dimensions) {
    if (isNullable(plan, column.index)) {
      throw new MillraceError(
        'CONFIG_INVALID',
        `dimension ${column.name} of ${gold.table} may be NULL: give it a default`,
      );
    }
  }
  const stored: StoredMeasure[] = [];
  for (const { name, kind, column } of gold.measures) {
    if (kind !== 'avg') stored.push({ name, kind, column });
  }
  const need = (kind: 'count' | 'sum', column: number | null, name: string): string => {
    const found = stored.find((measure) => measure.kind === kind && measure.column === column);
    if (found) return found.name;
    stored.push({ name, kind, column });
    return name;
  };
  const count = need('count', null, '_rows');
  const averages = gold.measures
    .filter(({ kind }) => kind === 'avg')
    .map(({ name, column }) => ({ name, sum: need('sum', column, `_sum_${plan.columns[column!].name}`), count }));
  return { name: gold.table, dimensions, stored, count: stored.findIndex(({ name }) => name === count), averages };
}
