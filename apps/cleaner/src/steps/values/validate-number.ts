import { highLane } from '@millrace/columnar';
import type { ColumnPlan } from '@millrace/dataset';
import { FAILURE, type IntColumn, type LanesColumn, NULL_INT, type WorkingSet } from '../working-set.js';
import { type Cells, failRow } from './cells.js';
import { becomesNull, rejectsFor } from './fallback.js';
import { literalOf, type NumberRules, putExact, readSigned, rulesOf, type SignedDecimal } from './signed-decimal.js';

const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
/** More digits than any bound of an integer column has. */
const INTEGER_DIGITS = 10;
/** Digits that a sum of `digit * 10^n` holds exactly in a double. */
const EXACT_DIGITS = 15;

/** Integers with an optional sign, within min and max. */
export function validateSignedInteger(set: WorkingSet, column: ColumnPlan, cells: Cells, into: IntColumn): void {
  const { failure } = set;
  const { bytes, count } = set.records;
  const { start, end, offset } = cells;
  const { values } = into;
  const above = column.above === null ? Number.NEGATIVE_INFINITY : Number(column.above);
  const min = Math.max(Number(column.min ?? Number.NEGATIVE_INFINITY), Math.floor(above) + 1);
  const max = Number(column.max ?? Number.POSITIVE_INFINITY);
  const fallback = column.default_value === null ? NULL_INT : Number(column.default_value);
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    let at = start[offset + row];
    const to = end[offset + row];
    let code = at === to ? FAILURE.blank : 0;
    const sign = bytes[at];
    if (code === 0 && (sign === MINUS || sign === PLUS) && ++at === to) code = FAILURE.not_integer;
    while (at < to && bytes[at] === ZERO) at++;
    const long = to - at > INTEGER_DIGITS;
    let value = 0;
    for (; at < to; at++) {
      const digit = bytes[at] - ZERO;
      if (digit < 0 || digit > 9) {
        code = FAILURE.not_integer;
        break;
      }
      if (!long) value = value * 10 + digit;
    }
    if (sign === MINUS) value = -value;
    if (code === 0 && (long || value < min || value > max)) code = FAILURE.out_of_range;
    if (code === 0) values[row] = value;
    else if (rejectsFor(column, code)) failRow(set, row, column.index, code);
    else values[row] = becomesNull(column, code) ? NULL_INT : fallback;
  }
}

/**
 * Decimals and bigints with an optional sign; decimals with an optional exponent, and rounded where the column says so. Short
 * ones are read in doubles, all others exactly.
 */
export function validateNumber(set: WorkingSet, column: ColumnPlan, cells: Cells, into: LanesColumn): void {
  const { failure } = set;
  const { bytes, count } = set.records;
  const { start, end, offset } = cells;
  const { low, high, wide } = into;
  const { scale, index, type, signed } = column;
  const not_number = type === 'bigint' ? FAILURE.not_integer : FAILURE.not_decimal;
  const rules = rulesOf(column);
  const { min, max } = laneBounds(rules);
  const fallback = column.default_value === null ? null : literalOf(column.default_value);
  const most_whole = Math.min(rules.whole_digits, EXACT_DIGITS - scale);
  wide.length = 0;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const from = start[offset + row];
    const to = end[offset + row];
    let code = from === to ? FAILURE.blank : 0;
    if (!signed && (bytes[from] === MINUS || bytes[from] === PLUS)) code ||= not_number;
    if (code === 0) {
      const value = readShort(bytes, from, to, scale, most_whole);
      if (value >= min && value <= max) {
        low[row] = value;
        high[row] = highLane(value);
        continue;
      }
      const exact = Number.isNaN(value)
        ? readSigned(bytes.toString('latin1', from, to), type, rules)
        : FAILURE.out_of_range;
      if (typeof exact !== 'number') {
        putExact(into, row, exact, scale);
        continue;
      }
      code = exact;
    }
    if (rejectsFor(column, code)) failRow(set, row, index, code);
    else if (fallback === null || becomesNull(column, code)) high[row] = NULL_INT;
    else putExact(into, row, fallback, scale);
  }
}

/** The value times 10^scale; NaN where that is not exact, or where it is no plain number. */
function readShort(bytes: Uint8Array, from: number, to: number, scale: number, most_whole: number): number {
  const sign = bytes[from];
  let at = sign === MINUS || sign === PLUS ? from + 1 : from;
  const first = at;
  let value = 0;
  while (at < to && bytes[at] === ZERO) at++;
  const whole_from = at;
  for (; at < to; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (at - whole_from > most_whole) return Number.NaN;
  let left = scale;
  if (at < to) {
    if (bytes[at] !== POINT || scale === 0) return Number.NaN;
    const fraction = to - at - 1;
    if (fraction === 0 || fraction > scale) return Number.NaN;
    left -= fraction;
    for (at++; at < to; at++) {
      const digit = bytes[at] - ZERO;
      if (digit < 0 || digit > 9) return Number.NaN;
      value = value * 10 + digit;
    }
  } else if (at === first) return Number.NaN;
  value *= POWERS[left];
  return sign === MINUS && value !== 0 ? -value : value;
}

const POWERS = Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => 10 ** power);

/** Bounds of scaled doubles, inclusive. One beyond what doubles hold loses digits, but stays beyond every short value. */
function laneBounds({ min, max, above, scale }: NumberRules): { min: number; max: number } {
  const scaled = ({ scaled: value, digits }: SignedDecimal) => {
    return digits <= scale ? Number(value * 10n ** BigInt(scale - digits)) : Number(value) / 10 ** (digits - scale);
  };
  const least = min === null ? Number.NEGATIVE_INFINITY : Math.ceil(scaled(min));
  return {
    min: above === null ? least : Math.max(least, Math.floor(scaled(above)) + 1),
    max: max === null ? Number.POSITIVE_INFINITY : Math.floor(scaled(max)),
  };
}
