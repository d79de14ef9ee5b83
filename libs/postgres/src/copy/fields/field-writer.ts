import type { ColumnData } from '@millrace/columnar';

/** Bytes, and the same as words. */
export interface Bytes {
  bytes: Uint8Array;
  view: DataView;
}

/** Some rows of one batch: `rows[from .. to)` are their indexes there. Sizes and cursors of them stand at the same places. */
export interface RowSpan {
  rows: Uint32Array;
  from: number;
  to: number;
}

/**
 * One column of a tuple. Column by column, not row by row: each loop then knows its type, and makes neither object nor string.
 * Both functions count in a field's length word.
 */
export interface FieldWriter<Column extends ColumnData = ColumnData> {
  /**
   * Adds each row's bytes to `sizes`. @returns bytes that every row has besides: of a column whose values are all of one size
   * @throws UnstorableError for a value that PostgreSQL's type does not hold
   */
  measure(column: Column, span: RowSpan, sizes: Uint32Array): number;
  /**
   * Writes each row's field at its cursor, and moves that behind it. May write up to `SPILL_BYTES` behind a field, as the fields
   * behind it are written later.
   */
  write(column: Column, span: RowSpan, out: Bytes, cursors: Uint32Array): void;
}

/** No more than what stands behind the last column. */
export const SPILL_BYTES = 28;
export const LENGTH_BYTES = 4;
export const NULL_LENGTH = -1;

export function bytesOf(bytes: Uint8Array): Bytes {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}
