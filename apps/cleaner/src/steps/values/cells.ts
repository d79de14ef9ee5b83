import { SLOT_STRIDE } from '@millrace/csv';
import { NULL_SPAN, type WorkingSet } from '../working-set.js';

/** Where a source column's raw values stand: of record `r` in `records.bytes[start[offset + r] .. end[offset + r])`. */
export interface Cells {
  start: Uint32Array;
  end: Uint32Array;
  offset: number;
  /** A text default's bytes in `records.bytes`; NULL_SPAN = NULL. */
  default_start: number;
  default_end: number;
}

export const NO_DEFAULT = { default_start: NULL_SPAN, default_end: NULL_SPAN };

/** Rejects a record for a column, or for itself (NO_COLUMN). */
export function failRow(set: WorkingSet, row: number, column: number, code: number): void {
  set.failure[row] = code;
  set.failed_column[row] = column;
}

/** The raw value of a record in the n-th source column. */
export function slotOf(set: WorkingSet, slot: number, row: number): { start: number; end: number } {
  const { records } = set;
  const at = slot * SLOT_STRIDE + row;
  return { start: records.start[at], end: records.end[at] };
}
