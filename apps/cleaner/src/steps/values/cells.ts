import { LIMITS } from '@millrace/contracts';
import { type Records, reserveSpare, SLOT_STRIDE } from '@millrace/csv';
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

/** Something done with all cells of one column of a chunk. */
export type Pass = (set: WorkingSet, cells: Cells) => void;

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

/**
 * Rows whose cells the loop of a column has left to be looked at one by one: such a loop calls nothing, as behind a call V8 looks
 * everything up anew for each row. Reused.
 */
export const left = new Uint16Array(LIMITS.chunk_records);

const start = new Uint32Array(LIMITS.chunk_records);
const end = new Uint32Array(LIMITS.chunk_records);

/**
 * Makes the cells a copy that a pass may repoint, so that rejects still tell the values as they stood in the source. It is
 * one copy for all columns: columns are read one after the other.
 */
export function ownCells(cells: Cells, count: number): void {
  if (cells.start === start) return;
  start.set(cells.start.subarray(cells.offset, cells.offset + count));
  end.set(cells.end.subarray(cells.offset, cells.offset + count));
  cells.start = start;
  cells.end = end;
  cells.offset = 0;
}

/** Writes a text behind the records' bytes; answers where it begins. It ends at `records.spare`. */
export function writeSpare(records: Records, text: string): number {
  reserveSpare(records, Buffer.byteLength(text));
  const from = records.spare;
  records.spare += records.bytes.write(text, from);
  return from;
}
