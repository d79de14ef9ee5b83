/** One column of a chunk, one entry a row: the cleaner's working set. */
export type Vector = SpanVector | CodeVector | IntVector | LanesVector;

/** Text at `bytes[start[row] .. end[row])`; start NULL_SPAN = NULL. */
export interface SpanVector {
  encoding: 'text';
  start: Uint32Array;
  end: Uint32Array;
}

export interface CodeVector {
  encoding: 'dictionary';
  /** NULL_CODE = NULL. */
  codes: Uint16Array;
  entries: Entries;
}

/** Distinct texts, numbered in order of appearance. */
export interface Entries {
  count: number;
  /** What `start` and `end` of the entries index. */
  view: DataView;
  start: Uint32Array;
  end: Uint32Array;
  begin(view: DataView): void;
  codeOf(start: number, end: number): number;
}

/** Integers, booleans as 0 and 1, and days since 1970-01-01; NULL_INT = NULL. */
export interface IntVector {
  encoding: 'integer' | 'date';
  values: Int32Array;
}

/** Numbers times 10^scale, and seconds since 1970 times 10^6: high * 2^32 + low. high WIDE: `wide[low]` is a literal; high NULL_INT = NULL. */
export interface LanesVector {
  encoding: 'decimal';
  low: Uint32Array;
  high: Int32Array;
  wide: string[];
}

export const NULL_SPAN = 0xffffffff;
export const NULL_CODE = 0xffff;
export const NULL_INT = -2147483647;
export const WIDE = -2147483648;
export const LANE_MAX = Number.MAX_SAFE_INTEGER;
/** Digits behind the point of timestamps in lanes. */
export const TIMESTAMP_SCALE = 6;

/** Rows of a chunk. */
export interface ExpressionInput {
  count: number;
  /** Rows with another value than 0 are passed over. */
  failure: Uint8Array;
  /** What the spans index. */
  bytes: Buffer;
  /** One for each of the columns that the expression was compiled with; only those that it reads are looked at. */
  columns: Vector[];
  /** What `_file` is. */
  file: string;
}

/** Where texts go that are not in the chunk's bytes. */
export interface TextSink {
  /** Makes room: afterwards `size_bytes` may be written. */
  reserve(size_bytes: number): void;
  /** @returns where the text begins; it ends at `end` */
  write(text: string): number;
  readonly end: number;
  /** Of all bytes, written ones included; changes with reserve(). */
  readonly view: DataView;
}

export interface ExpressionOutput {
  column: Vector;
  sink: TextSink;
  /** The row's value cannot be computed; the column has its stand-in by then. */
  fail(row: number): void;
}
