import { applyNaming } from './column-naming.js';
import type { ColumnPlan, DatasetPlan } from './plan.js';

type Columns = Pick<DatasetPlan, 'columns' | 'source_columns' | 'source'>;

export interface FieldMatch {
  column: ColumnPlan;
  /** Index among the fields; -1: the source has none for the column. */
  field: number;
}

/**
 * Finds each column's field, as cleaning does: by its headers in order of preference, as the names are after `column_naming` and
 * as they stand; then, when it has none, without regard to case. Of equal names the first wins.
 */
export function matchFields(plan: Columns, names: readonly string[]): FieldMatch[] {
  const named = names.map((name) => applyNaming(name, plan.source.column_naming));
  const folded = named.map((name) => name.toLowerCase());
  const taken = new Set<number>();
  const claim = (places: number[]) => {
    const free = places.find((place) => place >= 0 && !taken.has(place)) ?? -1;
    taken.add(free);
    return free;
  };
  const columns = plan.source_columns.map((index) => plan.columns[index]);
  const exact = columns.map(({ headers }) =>
    claim(headers.flatMap((header) => [named.indexOf(header), names.indexOf(header)])),
  );
  return columns.map((column, slot) => {
    if (exact[slot] >= 0) return { column, field: exact[slot] };
    return { column, field: claim(column.headers.map((header) => folded.indexOf(header.toLowerCase()))) };
  });
}
