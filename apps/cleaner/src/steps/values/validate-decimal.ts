import { highLane, WIDE } from '@millrace/columnar';
import type { ColumnPlan } from '@millrace/dataset';
import { FAILURE, type LanesColumn, NULL_INT } from '../working-set.js';
import { failRow, left, type Pass } from './cells.js';
import { compareScaled, type Decimal, readExactly } from './exact-decimal.js';
import { becomesNull, rejectsFor } from './fallback.js';
import { readShortDecimals } from './short-decimals.js';

const ZERO = 48;
const POINT = 46;
/** Digits that a sum of `digit * 10^n` holds exactly in a double. */
const EXACT_DIGITS = 15;
/** PostgreSQL's bounds of an unconstrained numeric. */
const NUMERIC_WHOLE_DIGITS = 131_072;
const NUMERIC_FRACTION_DIGITS = 16_383;

/**
 * Decimals that may not be negative: digits with an optional fraction, within precision, scale and bounds. Leading zeros and trailing zeros of the
 * fraction do not count as digits. Scaled integers in two lanes; what does not fit them is kept as text in `wide`.
 */
export function validateDecimal(column: ColumnPlan): Pass {
  const { scale, precision, default_value } = column;
  const rules: DecimalRules = {
    scale,
    whole_digits: precision === null ? NUMERIC_WHOLE_DIGITS : precision - scale,
    fraction_digits: precision === null ? NUMERIC_FRACTION_DIGITS : scale,
    bounds: boundsOf(column),
  };
  const { min, max } = rules.bounds;
  const short = { scale, whole_digits: Math.min(rules.whole_digits, EXACT_DIGITS - scale), min, max, signed: false };
  const fallback = default_value === null ? null : readLiteral(default_value, scale);
  return (set, cells) => {
    const { bytes } = set.records;
    const { start, end, offset } = cells;
    const into = set.columns[column.index] as LanesColumn;
    into.wide.length = 0;
    const lefts = readShortDecimals(set, cells, into, short);
    for (let place = 0; place < lefts; place++) {
      const row = left[place];
      const code = readDecimal(bytes, start[offset + row], end[offset + row], rules);
      if (code === 0) putDecimal(into, row, decimal);
      else if (rejectsFor(column, code)) failRow(set, row, column.index, code);
      else if (fallback === null || becomesNull(column, code)) into.high[row] = NULL_INT;
      else putDecimal(into, row, fallback);
    }
  };
}

/** What a column takes. */
interface DecimalRules {
  scale: number;
  /** Digits before and behind the point. */
  whole_digits: number;
  fraction_digits: number;
  bounds: Bounds;
}

/** What `readDecimal` has read: as Decimal has it. `text` is not to be read where `lane` is not negative. */
const decimal = { lane: 0, text: '' };

/** Sets `decimal` to the value at `from` to `to`; answers the FAILURE where it is none that the rules take, else 0. */
function readDecimal(bytes: Buffer, from: number, to: number, rules: DecimalRules): number {
  if (from === to) return FAILURE.blank;
  const { scale, bounds } = rules;
  let at = from;
  while (at < to && bytes[at] === ZERO) at++;
  const whole_from = at;
  let value = 0;
  for (; at < to && isDigit(bytes[at]); at++) value = value * 10 + bytes[at] - ZERO;
  const whole = at - whole_from;
  let fraction = 0;
  let places = scale;
  if (at < to) {
    const fraction_from = at + 1;
    if (bytes[at] !== POINT || fraction_from === to) return FAILURE.not_decimal;
    for (at = fraction_from; at < to; at++) {
      if (!isDigit(bytes[at])) return FAILURE.not_decimal;
      if (bytes[at] !== ZERO) fraction = at - fraction_from + 1;
      if (places === 0) continue;
      value = value * 10 + bytes[at] - ZERO;
      places--;
    }
  }
  if (whole > rules.whole_digits || fraction > rules.fraction_digits) return FAILURE.out_of_range;
  if (whole + scale <= EXACT_DIGITS && fraction <= scale) {
    decimal.lane = value * 10 ** places;
    return decimal.lane < bounds.min || decimal.lane > bounds.max ? FAILURE.out_of_range : 0;
  }
  const exact = readExactly(bytes, whole_from, whole, fraction, scale);
  decimal.lane = exact.lane;
  decimal.text = exact.text;
  return withinBounds(exact, bounds) ? 0 : FAILURE.out_of_range;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}

function putDecimal(
  { low, high, wide }: LanesColumn,
  row: number,
  { lane, text }: Pick<Decimal, 'lane' | 'text'>,
): void {
  if (lane < 0) {
    low[row] = wide.push(text) - 1;
    high[row] = WIDE;
  } else {
    low[row] = lane;
    high[row] = highLane(lane);
  }
}

/** Inclusive bounds: scaled for the lanes, exact for what does not fit them. */
interface Bounds {
  min: number;
  max: number;
  exact: { min: Decimal | null; max: Decimal | null; above: Decimal | null };
}

function boundsOf({ scale, min, max, above }: ColumnPlan): Bounds {
  const literal = (text: string | null) => (text === null ? null : readLiteral(text, scale));
  const exact = { min: literal(min), max: literal(max), above: literal(above) };
  // A bound beyond the lanes loses digits as a double, but stays beyond every value that the lanes hold.
  const least = exact.min === null ? 0 : Number(exact.min.scaled);
  return {
    min: exact.above === null ? least : Math.max(least, Number(exact.above.scaled) + 1),
    max: exact.max === null ? Number.POSITIVE_INFINITY : Number(exact.max.scaled),
    exact,
  };
}

function withinBounds(value: Decimal, { exact: { min, max, above } }: Bounds): boolean {
  if (min !== null && compareScaled(value, min) < 0) return false;
  if (max !== null && compareScaled(value, max) > 0) return false;
  return above === null || compareScaled(value, above) > 0;
}

function readLiteral(literal: string, scale: number): Decimal {
  const [whole, fraction = ''] = literal.split('.');
  const digits = whole.replace(/^0+/, '');
  const kept = fraction.replace(/0+$/, '');
  return readExactly(Buffer.from(`${digits}.${kept}`), 0, digits.length, kept.length, scale);
}
