import { mapColumns, type Records, SLOT_STRIDE } from '@millrace/csv';
import type { DatasetPlan } from '@millrace/dataset';

/** How the fields of CSV records become slots; slot `n` is the plan's n-th source column. */
export interface FieldMap {
  /** For each field its slot, -1 = not wanted. */
  fields: Int32Array;
  /** Slots that no field fills: blank in every record. */
  missing: number[];
}

/** Fields under a header record of these names. */
export function fieldsByName(plan: DatasetPlan, names: readonly string[]): FieldMap {
  const places = mapColumns(
    names,
    plan.source_columns.map((index) => plan.columns[index].name),
  );
  const fields = new Int32Array(names.length).fill(-1);
  const missing: number[] = [];
  places.forEach((place, slot) => {
    if (place >= 0) fields[place] = slot;
    else missing.push(slot);
  });
  return { fields, missing };
}

/** Fields of records without a header: the source columns in their order. */
export function fieldsInOrder(plan: DatasetPlan): FieldMap {
  return { fields: Int32Array.from(plan.source_columns, (_, slot) => slot), missing: [] };
}

/** Makes the missing slots of `count` records from `row` on blank. */
export function blankMissing(records: Records, { missing }: FieldMap, row: number, count: number): void {
  for (const slot of missing) {
    const from = slot * SLOT_STRIDE + row;
    records.start.fill(0, from, from + count);
    records.end.fill(0, from, from + count);
  }
}
