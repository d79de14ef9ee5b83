import { LIMITS, MillraceError } from '@millrace/contracts';
import { parseHeader, splitRecords } from '@millrace/csv';
import type { DatasetPlan } from '@millrace/dataset';
import { type FieldMap, fieldsByName } from './map-fields.js';

/** The last header of a plan: most messages of a producer bring the same one. */
const last = new WeakMap<DatasetPlan, { header: Buffer; map: FieldMap | null }>();

/**
 * How the csv entries behind a header entry are to be read; null for a broken one: its quote never closes, it is not
 * exactly one record, or it names no column of the dataset. Then no row under it can be read.
 */
export function fieldsOfHeader(plan: DatasetPlan, header: Buffer): FieldMap | null {
  if (header.length > LIMITS.header_bytes) return null;
  const known = last.get(plan);
  if (known?.header.equals(header)) return known.map;
  const map = readHeader(plan, header);
  last.set(plan, { header: Buffer.from(header), map });
  return map;
}

function readHeader(plan: DatasetPlan, header: Buffer): FieldMap | null {
  try {
    const { header: record, rows } = splitRecords(header);
    if (rows.length > 0) return null;
    const map = fieldsByName(plan, parseHeader(record));
    return map.missing.length < plan.source_columns.length ? map : null;
  } catch (error) {
    if (error instanceof MillraceError) return null;
    throw error;
  }
}
