import { highLane, WIDE } from '@millrace/columnar';
import type { ColumnPlan } from '@millrace/dataset';
import { FAILURE, type LanesColumn, NULL_INT, type WorkingSet } from '../working-set.js';
import { type Cells, failRow } from './cells.js';
import { compareScaled, type Decimal, readExactly } from './exact-decimal.js';
import { becomesNull, rejectsFor } from './fallback.js';

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
export function validateDecimal(set: WorkingSet, column: ColumnPlan, cells: Cells, into: LanesColumn): void {
  const { failure } = set;
  const { bytes, count } = set.records;
  const { start, end, offset } = cells;
  const { low, high, wide } = into;
  const { scale, precision, index } = column;
  const whole_digits = precision === null ? NUMERIC_WHOLE_DIGITS : precision - scale;
  const fraction_digits = precision === null ? NUMERIC_FRACTION_DIGITS : scale;
  const powers = Array.from({ length: scale + 1 }, (_, power) => 10 ** power);
  const bounds = boundsOf(column);
  const { min, max } = bounds;
  const fallback = column.default_value === null ? null : readLiteral(column.default_value, scale);
  wide.length = 0;

  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const from = start[offset + row];
    const to = end[offset + row];
    let at = from;
    while (at < to && bytes[at] === ZERO) at++;
    const whole_from = at;
    let value = 0;
    let digit = 0;
    for (; at < to; at++) {
      digit = bytes[at] - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    const whole = at - whole_from;
    let code = from === to ? FAILURE.blank : 0;
    let fraction = 0;
    if (at < to) {
      const fraction_from = at + 1;
      let left = scale;
      if (bytes[at] !== POINT || fraction_from === to) code = FAILURE.not_decimal;
      for (at = fraction_from; at < to; at++) {
        digit = bytes[at] - ZERO;
        if (digit < 0 || digit > 9) {
          code = FAILURE.not_decimal;
          break;
        }
        if (digit !== 0) fraction = at - fraction_from + 1;
        if (left > 0) {
          value = value * 10 + digit;
          left--;
        }
      }
      value *= powers[left];
    } else {
      value *= powers[scale];
    }

    let exact: Decimal | null = null;
    if (code === 0) {
      if (whole > whole_digits || fraction > fraction_digits) code = FAILURE.out_of_range;
      else if (whole + scale <= EXACT_DIGITS && fraction <= scale) {
        if (value < min || value > max) code = FAILURE.out_of_range;
      } else {
        exact = readExactly(bytes, whole_from, whole, fraction, scale);
        if (!withinBounds(exact, bounds)) code = FAILURE.out_of_range;
      }
    }
    if (code === 0) {
      if (exact !== null) {
        value = exact.lane;
        if (value < 0) {
          low[row] = wide.push(exact.text) - 1;
          high[row] = WIDE;
          continue;
        }
      }
      low[row] = value;
      high[row] = highLane(value);
    } else if (rejectsFor(column, code)) failRow(set, row, index, code);
    else if (fallback === null || becomesNull(column, code)) high[row] = NULL_INT;
    else if (fallback.lane < 0) {
      low[row] = wide.push(fallback.text) - 1;
      high[row] = WIDE;
    } else {
      low[row] = fallback.lane;
      high[row] = highLane(fallback.lane);
    }
  }
}

/** Inclusive bounds: scaled for the lanes, exact for what does not fit them. */
interface Bounds {
  min: number;
  max: number;
  column: ColumnPlan;
}

function boundsOf(column: ColumnPlan): Bounds {
  const { scale } = column;
  // A bound beyond the lanes loses digits as a double, but stays beyond every value that the lanes hold.
  const scaled = (literal: string | null) => (literal === null ? null : Number(readLiteral(literal, scale).scaled));
  const min = scaled(column.min) ?? 0;
  const above = scaled(column.above);
  return {
    min: above === null ? min : Math.max(min, above + 1),
    max: scaled(column.max) ?? Number.POSITIVE_INFINITY,
    column,
  };
}

function withinBounds(value: Decimal, { column }: Bounds): boolean {
  const { min, max, above, scale } = column;
  if (min !== null && compareScaled(value, readLiteral(min, scale)) < 0) return false;
  if (max !== null && compareScaled(value, readLiteral(max, scale)) > 0) return false;
  return above === null || compareScaled(value, readLiteral(above, scale)) > 0;
}

function readLiteral(literal: string, scale: number): Decimal {
  const [whole, fraction = ''] = literal.split('.');
  const digits = whole.replace(/^0+/, '');
  const kept = fraction.replace(/0+$/, '');
  return readExactly(Buffer.from(`${digits}.${kept}`), 0, digits.length, kept.length, scale);
}
