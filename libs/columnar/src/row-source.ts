/**
 * Columns that stand somewhere else than in a batch, from which rows are picked by their number: one entry a row, NULL as a value of its
 * own. What a stage works on while it makes batches of it.
 */
export type RowSource = SpanSource | CodeSource | IntSource | LanesSource;

/** Text that stands somewhere in one buffer. */
export interface SpanSource {
  encoding: 'text';
  /** NULL_SPAN = NULL. */
  start: Uint32Array;
  end: Uint32Array;
}

/** Codes of texts, of which a batch takes those that its rows have. */
export interface CodeSource {
  encoding: 'dictionary';
  /** NULL_CODE = NULL. */
  codes: Uint16Array;
  entries: Entries;
}

/** Entry `code` is `view[start[code] .. end[code])`. */
export interface Entries {
  count: number;
  view: DataView;
  start: Uint32Array;
  end: Uint32Array;
}

export interface IntSource {
  encoding: 'integer' | 'date';
  /** NULL_INT = NULL. */
  values: Int32Array;
}

/** As DecimalColumn; a high lane of NULL_INT = NULL. */
export interface LanesSource {
  encoding: 'decimal';
  low: Uint32Array;
  high: Int32Array;
  wide: string[];
}

/** `start` of a NULL in a SpanSource. */
export const NULL_SPAN = 0xffffffff;
/** NULL in an Int32Array of integers or days, and in the high lane of a decimal. No valid value has it. */
export const NULL_INT = -2147483647;

/** Which rows: numbers `order[from .. to)`. */
export interface RowPick {
  order: Uint16Array;
  from: number;
  to: number;
}
