import { type Records, SLOT_STRIDE } from '@millrace/csv';
import { applyNaming, type DatasetPlan, matchFields } from '@millrace/dataset';
import { type ExtraField, maskedNames, nameExtras } from './extras/name-extras.js';

/** How the fields of CSV records become slots; slot `n` is the plan's n-th source column, extra fields come behind these. */
export interface FieldMap {
  /** For each field its slot, -1 = not wanted. */
  fields: Int32Array;
  /** Slots that no field fills: blank in every record. */
  missing: number[];
  /** Fields that no column takes, where the plan asks for them. */
  extras: ExtraField[];
  /** How many slots there are. */
  slots: number;
  /** Whether a field that no column takes has the name of one with PII, and may hold the same. */
  repeats_pii: boolean;
}

/** Fields under a header record of these names. @throws MillraceError SOURCE_UNREADABLE when there are too many extra ones */
export function fieldsByName(plan: DatasetPlan, names: readonly string[]): FieldMap {
  const places = matchFields(plan, names).map(({ field }) => field);
  const fields = new Int32Array(names.length).fill(-1);
  const missing: number[] = [];
  places.forEach((place, slot) => {
    if (place >= 0) fields[place] = slot;
    else missing.push(slot);
  });
  const extras = plan.source.extra_columns === 'ignore' ? [] : nameExtras(plan, names, fields);
  for (const { field, slot } of extras) fields[field] = slot;
  return {
    fields,
    missing,
    extras,
    slots: places.length + extras.length,
    repeats_pii: repeatsPii(plan, names, places),
  };
}

function repeatsPii(plan: DatasetPlan, names: readonly string[], places: number[]): boolean {
  const masked = maskedNames(plan);
  if (masked.size === 0) return false;
  return names.some((name, field) => {
    const called = applyNaming(name, plan.source.column_naming).toLowerCase();
    return !places.includes(field) && (masked.has(name.toLowerCase()) || masked.has(called));
  });
}

/** Fields of records without a header: the source columns in their order. */
export function fieldsInOrder({ source_columns }: DatasetPlan): FieldMap {
  const fields = Int32Array.from(source_columns, (_, slot) => slot);
  return { fields, missing: [], extras: [], slots: fields.length, repeats_pii: false };
}

/** Makes the missing slots of `count` records from `row` on blank. */
export function blankMissing(records: Records, { missing }: FieldMap, row: number, count: number): void {
  for (const slot of missing) {
    const from = slot * SLOT_STRIDE + row;
    records.start.fill(0, from, from + count);
    records.end.fill(0, from, from + count);
  }
}
