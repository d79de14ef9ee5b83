import { highLane, WIDE } from '@millrace/columnar';
import type { ColumnPlan } from '@millrace/dataset';
import { FAILURE, type LanesColumn, NULL_INT } from '../working-set.js';
import { failRow, left, type Pass } from './cells.js';
import { becomesNull, rejectsFor } from './fallback.js';
import { longLiteral } from './long-literal.js';
import { readShortDecimals } from './short-decimals.js';
import { literalOf, type NumberRules, putExact, readSigned, rulesOf, type SignedDecimal } from './signed-decimal.js';

const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
/** Digits that a sum of `digit * 10^n` holds exactly in a double. */
const EXACT_DIGITS = 15;

/**
 * Decimals and bigints with an optional sign; decimals with an optional exponent, and rounded where the column says so. Short
 * ones are read in doubles, all others exactly.
 */
export function validateNumber(column: ColumnPlan): Pass {
  const { scale, type, signed, default_value } = column;
  const rules = rulesOf(column);
  const { min, max } = laneBounds(rules);
  const most_whole = Math.min(rules.whole_digits, EXACT_DIGITS - scale);
  const short = { scale, whole_digits: most_whole, min, max, signed };
  const takesLong = type === 'decimal' && isFree(column);
  const not_number = type === 'bigint' ? FAILURE.not_integer : FAILURE.not_decimal;
  const fallback = default_value === null ? null : literalOf(default_value);

  /** Puts the value of a cell into a row; answers the FAILURE where it is none, else 0. */
  const take = (into: LanesColumn, row: number, bytes: Buffer, from: number, to: number): number => {
    if (from === to) return FAILURE.blank;
    if (!signed && (bytes[from] === MINUS || bytes[from] === PLUS)) return not_number;
    const value = readShort(bytes, from, to, scale, most_whole);
    if (value >= min && value <= max) {
      into.low[row] = value;
      into.high[row] = highLane(value);
      return 0;
    }
    if (!Number.isNaN(value)) return FAILURE.out_of_range;
    const literal = takesLong ? longLiteral(bytes, from, to, scale) : '';
    if (literal !== '') {
      into.low[row] = into.wide.push(literal) - 1;
      into.high[row] = WIDE;
      return 0;
    }
    const exact = readSigned(bytes.toString('latin1', from, to), type, rules);
    if (typeof exact === 'number') return exact;
    putExact(into, row, exact, scale);
    return 0;
  };

  return (set, cells) => {
    const { bytes } = set.records;
    const { start, end, offset } = cells;
    const into = set.columns[column.index] as LanesColumn;
    into.wide.length = 0;
    const lefts = readShortDecimals(set, cells, into, short);
    for (let place = 0; place < lefts; place++) {
      const row = left[place];
      const code = take(into, row, bytes, start[offset + row], end[offset + row]);
      if (code === 0) continue;
      if (rejectsFor(column, code)) failRow(set, row, column.index, code);
      else if (fallback === null || becomesNull(column, code)) into.high[row] = NULL_INT;
      else putExact(into, row, fallback, scale);
    }
  };
}

/** Whether a decimal column takes every number as it is. */
function isFree({ precision, rounding, min, max, above, signed }: ColumnPlan): boolean {
  return signed && precision === null && rounding === 'reject' && min === null && max === null && above === null;
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
