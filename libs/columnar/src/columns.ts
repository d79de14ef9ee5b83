/**
 * Columns of a batch in memory: flat typed arrays, one entry a row; no object or string a row.
 * Where a column may hold SQL NULL, `nulls` has one bit a row (1 = NULL, lowest bit first); it is null when no row of the batch is NULL.
 */
export type ColumnData = TextColumn | DictionaryColumn | IntegerColumn | DateColumn | DecimalColumn;

/** UTF-8 values: row `r` is `bytes[offsets[r] .. offsets[r + 1])`. A NULL has no bytes. */
export interface TextColumn {
  encoding: 'text';
  bytes: Uint8Array;
  /** rows + 1 entries. */
  offsets: Uint32Array;
  nulls: Uint8Array | null;
}

/** Each distinct value once: entry `codes[r]` is `bytes[offsets[code] .. offsets[code + 1])`. */
export interface DictionaryColumn {
  encoding: 'dictionary';
  /** NULL_CODE = NULL. */
  codes: Uint16Array;
  bytes: Uint8Array;
  /** entries + 1 entries. */
  offsets: Uint32Array;
}

export interface IntegerColumn {
  encoding: 'integer';
  values: Int32Array;
  nulls: Uint8Array | null;
}

export interface DateColumn {
  encoding: 'date';
  /** Days since 1970-01-01. */
  days: Int32Array;
  nulls: Uint8Array | null;
}

/**
 * Scaled integers: the value times 10^scale (the column plan's) is `high * 2^32 + low`, at most 2^53 - 1 either way.
 * What does not fit is carried as text: `high` is then WIDE and `low` an index into `wide`.
 */
export interface DecimalColumn {
  encoding: 'decimal';
  low: Uint32Array;
  high: Int32Array;
  /** Decimal literals without leading zeros or exponent, such as -33.3333333. */
  wide: string[];
  nulls: Uint8Array | null;
}

/** How far records are from their chunk's first one. A chunk of an inbox spans more than 16 bits hold. */
export type Distances = Uint16Array | Uint32Array;

/** A decoded batch body. */
export interface Columns {
  rows: number;
  /** Each row's distance from the chunk's first record, ascending. */
  records: Distances;
  /** One for each of `plan.columns`, in that order. */
  columns: ColumnData[];
}

/** Dictionary code of NULL. */
export const NULL_CODE = 0xffff;
/** High lane of a decimal whose low lane is an index into `wide`. */
export const WIDE = -2147483648;

export function isNull(nulls: Uint8Array | null, row: number): boolean {
  return nulls !== null && (nulls[row >> 3] & (1 << (row & 7))) !== 0;
}

/** The scaled integer of two lanes; not for WIDE ones. */
export function joinLanes(low: number, high: number): number {
  return high * 4294967296 + low;
}

/** The high lane of an integer within +-(2^53 - 1); the low one is `value >>> 0`. */
export function highLane(value: number): number {
  return Math.floor(value / 4294967296);
}

/** A scaled integer as a decimal literal: (12345, 2) gives 123.45. */
export function scaledText(value: number | bigint, scale: number): string {
  const negative = value < 0;
  const digits = String(negative ? -value : value).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return (negative ? '-' : '') + (scale === 0 ? whole : `${whole}.${digits.slice(digits.length - scale)}`);
}

/** One value of a decimal column as a literal; null for NULL. Not for the hot path. */
export function decimalAt(column: DecimalColumn, scale: number, row: number): string | null {
  if (isNull(column.nulls, row)) return null;
  if (column.high[row] === WIDE) return column.wide[column.low[row]];
  return scaledText(joinLanes(column.low[row], column.high[row]), scale);
}

/** One value of a text or dictionary column; null for NULL. Not for the hot path. */
export function textAt(column: TextColumn | DictionaryColumn, row: number): string | null {
  const at = column.encoding === 'text' ? row : column.codes[row];
  if (column.encoding === 'text' ? isNull(column.nulls, row) : at === NULL_CODE) return null;
  const { bytes, offsets } = column;
  return Buffer.from(bytes.buffer, bytes.byteOffset + offsets[at], offsets[at + 1] - offsets[at]).toString('utf8');
}
