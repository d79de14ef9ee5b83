import { readDate, readTimestamp } from './calendar.js';
import { compare, integer, powerOfTen, type Rational, rationalOf, scaled } from './rational.js';

const BLANKS = /^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,4}))?$/;
/** PostgreSQL's bound of digits before the point. */
const EXPONENT_MAX = 1000;

const RANGE: Record<'integer' | 'bigint', [Rational, Rational]> = {
  integer: [integer(-2147483648), integer(2147483647)],
  bigint: [integer(-(1n << 63n)), integer((1n << 63n) - 1n)],
};

/** Reads text as a number, as a cast does: blanks around it, a sign, an exponent. Null when it is none. */
export function readDecimal(text: string): Rational | null {
  const trimmed = text.replace(BLANKS, '');
  const found = NUMBER.exec(trimmed);
  if (!found) return null;
  if (found[1] === undefined) return rationalOf(trimmed);
  const exponent = Number(found[1]);
  if (Math.abs(exponent) > EXPONENT_MAX) return null;
  const value = rationalOf(trimmed.slice(0, trimmed.search(/[eE]/)));
  return exponent < 0
    ? { n: value.n, d: value.d * powerOfTen(-exponent) }
    : { n: value.n * powerOfTen(exponent), d: value.d };
}

/** Digits only, with a sign if so wished. */
export function readInteger(text: string): Rational | null {
  const trimmed = text.replace(BLANKS, '');
  return /^[+-]?\d+$/.test(trimmed) ? rationalOf(trimmed) : null;
}

/** Null when it is out of the type's range. */
export function inRange(value: Rational, type: 'integer' | 'bigint'): Rational | null {
  const [least, greatest] = RANGE[type];
  return compare(value, least) < 0 || compare(value, greatest) > 0 ? null : value;
}

/** Rounded half away from zero to `scale` digits; null when it has more than `precision` digits then. */
export function fitted(value: Rational, precision: number | null, scale: number | null): Rational | null {
  if (precision === null || scale === null) return value;
  const result = scaled(value, scale, 'half_up') as bigint;
  const bound = powerOfTen(precision);
  return result >= bound || result <= -bound ? null : { n: result, d: powerOfTen(scale) };
}

const BOOLEAN: [string, number, boolean][] = [
  ['true', 1, true],
  ['false', 1, false],
  ['yes', 1, true],
  ['no', 1, false],
  ['on', 2, true],
  ['off', 2, false],
  ['1', 1, true],
  ['0', 1, false],
];

/** The words of PostgreSQL, and what they begin with where that is clear. */
export function readBoolean(text: string): boolean | null {
  const word = text.replace(BLANKS, '').toLowerCase();
  for (const [full, least, value] of BOOLEAN) if (word.length >= least && full.startsWith(word)) return value;
  return null;
}

export const readDay = (text: string): number | null => readDate(text.replace(BLANKS, ''));
export const readInstant = (text: string): bigint | null => readTimestamp(text.replace(BLANKS, ''));
