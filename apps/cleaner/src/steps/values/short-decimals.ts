import type { LanesColumn, WorkingSet } from '../working-set.js';
import { type Cells, left } from './cells.js';

const ZERO = 48;
const POINT = 46;
const MINUS = 45;
/** Digits that an Int32 holds, whatever they are. */
const SHORT_DIGITS = 9;
/** With a sign and a point. */
const SHORT_BYTES = SHORT_DIGITS + 2;
const POWERS = Array.from({ length: 16 }, (_, power) => 10 ** power);

/** What a column takes; see NumberRules and Bounds, which say the same of all numbers. */
export interface ShortRules {
  /** Digits behind the point, and before it; together at most 15, so that a double holds the value times 10^scale. */
  scale: number;
  whole_digits: number;
  /** Of the value times 10^scale, inclusive. */
  min: number;
  max: number;
  /** Whether a minus sign may stand before it. */
  signed: boolean;
}

/**
 * Reads the cells that hold a plain number of at most 9 digits, no more of them behind the point than the scale, and within the
 * bounds, into the lanes: most do. The others are left in `left`, as blank cells are.
 * @returns how many are left
 */
export function readShortDecimals(
  { failure, records }: WorkingSet,
  { start, end, offset }: Cells,
  { low, high }: LanesColumn,
  { scale, whole_digits, min, max, signed }: ShortRules,
): number {
  const { bytes, count } = records;
  const odd = left;
  let lefts = 0;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const from = start[offset + row];
    const to = end[offset + row];
    if (to - from > SHORT_BYTES) {
      odd[lefts++] = row;
      continue;
    }
    const negative = signed && from < to && bytes[from] === MINUS;
    let at = negative ? from + 1 : from;
    const whole_from = at;
    let number = 0;
    let digit = 0;
    for (; at < to; at++) {
      digit = bytes[at] - ZERO;
      if (digit < 0 || digit > 9) break;
      number = (Math.imul(number, 10) + digit) | 0;
    }
    const whole = at - whole_from;
    let digits = whole;
    let fraction = 0;
    if (at < to && bytes[at] === POINT) {
      const fraction_from = ++at;
      for (; at < to; at++) {
        digit = bytes[at] - ZERO;
        if (digit < 0 || digit > 9) break;
        number = (Math.imul(number, 10) + digit) | 0;
      }
      fraction = at - fraction_from;
      // A point behind which nothing stands is for whoever looks closer.
      digits = fraction === 0 ? 0 : whole + fraction;
    }
    const isShort = at === to && digits > 0 && digits <= SHORT_DIGITS && whole <= whole_digits && fraction <= scale;
    let value = isShort ? number * POWERS[scale - fraction] : 0;
    if (negative && value !== 0) value = -value;
    if (!isShort || value < min || value > max) {
      odd[lefts++] = row;
      continue;
    }
    low[row] = value;
    high[row] = Math.floor(value / 4294967296);
  }
  return lefts;
}
