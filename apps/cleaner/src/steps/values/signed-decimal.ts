import { decimalText, highLane, scaledText, WIDE } from '@millrace/columnar';
import type { ColumnPlan } from '@millrace/dataset';
import { FAILURE, type LanesColumn } from '../working-set.js';
import { LANE_MAX } from './exact-decimal.js';

/** A decimal of any sign, exact: scaled / 10^digits. */
export interface SignedDecimal {
  scaled: bigint;
  digits: number;
}

/** What a column takes. */
export interface NumberRules {
  /** Digits before and behind the point, zeros that say nothing aside. */
  whole_digits: number;
  fraction_digits: number;
  scale: number;
  rounding: ColumnPlan['rounding'];
  min: SignedDecimal | null;
  max: SignedDecimal | null;
  above: SignedDecimal | null;
}

/** PostgreSQL's bounds of an unconstrained numeric. */
const NUMERIC_WHOLE_DIGITS = 131_072;
const NUMERIC_FRACTION_DIGITS = 16_383;
/** With an exponent a few bytes stand for any number of digits: then these are the bounds, either side of the point. */
const EXPONENT_DIGITS = 400;
const BIGINT_DIGITS = 19;

export function rulesOf({ type, precision, scale, rounding, min, max, above }: ColumnPlan): NumberRules {
  const free = precision === null;
  const whole = type === 'bigint' ? BIGINT_DIGITS : free ? NUMERIC_WHOLE_DIGITS : precision - scale;
  const bound = (literal: string | null) => (literal === null ? null : literalOf(literal));
  return {
    whole_digits: whole,
    fraction_digits: type === 'bigint' ? 0 : free ? NUMERIC_FRACTION_DIGITS : scale,
    scale,
    rounding,
    min: bound(min),
    max: bound(max),
    above: bound(above),
  };
}

const NUMBER = /^([+-]?)(\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
const INTEGER = /^([+-]?)(\d+)$/;

/** Reads a number that is no plain one. @returns the FAILURE where the rules refuse it */
export function readSigned(text: string, type: ColumnPlan['type'], rules: NumberRules): SignedDecimal | number {
  const match = (type === 'bigint' ? INTEGER : NUMBER).exec(text);
  const [, sign, whole, fraction = '', exponent] = match ?? [];
  if (!match || whole.length + fraction.length === 0) {
    return type === 'bigint' ? FAILURE.not_integer : FAILURE.not_decimal;
  }
  const value = numberOf(whole + fraction, whole.length + Number(exponent ?? 0), exponent !== undefined, rules);
  if (value === null) return FAILURE.out_of_range;
  if (sign === '-') value.scaled = -value.scaled;
  return withinBounds(value, rules) ? value : FAILURE.out_of_range;
}

/** The number of these digits, the first `point` of which stand before the point; null when it has too many. */
function numberOf(all: string, point: number, has_exponent: boolean, rules: NumberRules): SignedDecimal | null {
  const zeros = /^0*/.exec(all)![0].length;
  const digits = withoutZeros(all.slice(zeros));
  if (digits === '') return { scaled: 0n, digits: 0 };
  const whole = point - zeros;
  const fraction = Math.max(0, digits.length - whole);
  const most = has_exponent ? EXPONENT_DIGITS : Number.POSITIVE_INFINITY;
  if (whole > Math.min(rules.whole_digits, most)) return null;
  if (fraction > rules.fraction_digits && rules.rounding !== 'reject') return rounded(digits, whole, rules);
  if (fraction > Math.min(rules.fraction_digits, most)) return null;
  return { scaled: BigInt(digits.padEnd(whole, '0')), digits: fraction };
}

/** A regular expression would try the end of every run of zeros. */
function withoutZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 48) end--;
  return digits.slice(0, end);
}

/** @param whole where the point stands in `digits`: also before or behind them */
function rounded(digits: string, whole: number, { scale, rounding, whole_digits }: NumberRules): SignedDecimal | null {
  const kept = whole + scale;
  if (kept < 0) return { scaled: 0n, digits: 0 };
  const cut = BigInt(digits.slice(0, kept) || '0');
  const scaled = roundsUp(digits.slice(kept), cut, rounding) ? cut + 1n : cut;
  return scaled < 10n ** BigInt(whole_digits + scale) ? { scaled, digits: scale } : null;
}

/** @param rest the digits that are cut off, without zeros at their end */
function roundsUp(rest: string, cut: bigint, rounding: ColumnPlan['rounding']): boolean {
  if (rounding === 'down' || rest < '5') return false;
  return rounding === 'half_up' || rest.length > 1 || rest > '5' || cut % 2n === 1n;
}

function withinBounds(value: SignedDecimal, { min, max, above }: NumberRules): boolean {
  if (min !== null && compareSigned(value, min) < 0) return false;
  if (max !== null && compareSigned(value, max) > 0) return false;
  return above === null || compareSigned(value, above) > 0;
}

/** Negative when a < b. */
export function compareSigned(a: SignedDecimal, b: SignedDecimal): number {
  const digits = Math.max(a.digits, b.digits);
  const difference = a.scaled * 10n ** BigInt(digits - a.digits) - b.scaled * 10n ** BigInt(digits - b.digits);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** A literal of a config: digits with an optional sign and fraction. */
export function literalOf(literal: string): SignedDecimal {
  const negative = literal.startsWith('-');
  const [whole, fraction = ''] = literal.replace('-', '').split('.');
  const scaled = BigInt(`0${whole}${fraction}`);
  return { scaled: negative ? -scaled : scaled, digits: fraction.length };
}

/** Puts a value into a row: in the lanes when they hold it, else as text. */
export function putExact(into: LanesColumn, row: number, { scaled, digits }: SignedDecimal, scale: number): void {
  const fits = digits <= scale;
  const lane = fits ? scaled * 10n ** BigInt(scale - digits) : 0n;
  if (fits && lane <= LANE_MAX && lane >= -LANE_MAX) {
    const value = Number(lane);
    into.low[row] = value;
    into.high[row] = highLane(value);
  } else {
    into.low[row] = into.wide.push(decimalText(scaledText(scaled, digits))) - 1;
    into.high[row] = WIDE;
  }
}
