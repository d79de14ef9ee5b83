import { type ColumnData, decimalAt, isNull, textAt } from '@millrace/columnar';
import type { ColumnPlan } from '@millrace/dataset';

/**
 * One value of a column, the same whether it was read from a batch or from the table: integers, booleans (0, 1) and dates (days
 * since 1970-01-01) as numbers; decimals, bigints and timestamps (seconds since 1970) as decimal literals; the rest as text.
 */
export type Value = number | string | null;

type Typed = Pick<ColumnPlan, 'type' | 'scale'>;

/** SQL that reads a column as such a value. @param column quoted, with its alias */
export function valueSql(column: string, { type }: Typed): string {
  switch (type) {
    case 'integer':
      return column;
    case 'boolean':
      return `${column}::int`;
    case 'date':
      return `${column} - date '1970-01-01'`;
    case 'timestamp':
      return `extract(epoch from ${column})::text`;
    default:
      return `${column}::text`;
  }
}

/** The same of a row in a batch. Not for the hot path. */
export function valueAt(data: ColumnData, { scale }: Typed, row: number): Value {
  switch (data.encoding) {
    case 'integer':
      return isNull(data.nulls, row) ? null : data.values[row];
    case 'date':
      return isNull(data.nulls, row) ? null : data.days[row];
    case 'decimal':
      return decimalAt(data, scale, row);
    default:
      return textAt(data, row);
  }
}

/** In PostgreSQL's order, text by its bytes: negative when `a` is lower. NULL is the lowest. */
export function compareValues(a: Value, b: Value, { type }: Pick<Typed, 'type'>): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (type === 'decimal' || type === 'bigint' || type === 'timestamp') return compareLiterals(String(a), String(b));
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

/** Decimal literals of any length, by value. */
export function compareLiterals(a: string, b: string): number {
  const negative = isNegative(a);
  if (negative !== isNegative(b)) return negative ? -1 : 1;
  return negative ? compareDigits(b, a) : compareDigits(a, b);
}

const isNegative = (literal: string): boolean => literal.charCodeAt(0) === 45 && /[1-9]/.test(literal);

function compareDigits(a: string, b: string): number {
  const [whole, fraction] = digitsOf(a);
  const [other_whole, other_fraction] = digitsOf(b);
  if (whole.length !== other_whole.length) return whole.length - other_whole.length;
  if (whole !== other_whole) return whole < other_whole ? -1 : 1;
  const places = Math.max(fraction.length, other_fraction.length);
  const [left, right] = [fraction.padEnd(places, '0'), other_fraction.padEnd(places, '0')];
  return left === right ? 0 : left < right ? -1 : 1;
}

/** Digits before the point, without zeros in front, and behind it. */
function digitsOf(literal: string): [string, string] {
  const start = literal.charCodeAt(0) === 45 ? 1 : 0;
  const point = literal.indexOf('.');
  const whole = literal.slice(start, point < 0 ? undefined : point).replace(/^0+/, '');
  return [whole, point < 0 ? '' : literal.slice(point + 1)];
}
