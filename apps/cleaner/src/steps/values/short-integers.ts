import type { WorkingSet } from '../working-set.js';
import { type Cells, left } from './cells.js';

const MINUS = 45;
const ZERO = 48;
/** Digits that an Int32 holds, whatever they are. */
const SHORT_DIGITS = 9;

/**
 * Reads the cells that hold at most 9 digits, behind a minus sign where one may stand, and are within the bounds: most do. The others are
 * left in `left`, as blank cells are.
 * @returns how many are left
 */
export function readShortIntegers(
  { failure, records }: WorkingSet,
  { start, end, offset }: Cells,
  values: Int32Array,
  { min, max, signed }: { min: number; max: number; signed: boolean },
): number {
  const { bytes, count } = records;
  const odd = left;
  let lefts = 0;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const from = start[offset + row];
    const to = end[offset + row];
    const negative = signed && from < to && bytes[from] === MINUS;
    let at = negative ? from + 1 : from;
    const digits = to - at;
    let value = 0;
    for (; at < to; at++) {
      const digit = bytes[at] - ZERO;
      if (digit < 0 || digit > 9) break;
      value = (Math.imul(value, 10) + digit) | 0;
    }
    if (negative) value = -value | 0;
    if (at < to || digits === 0 || digits > SHORT_DIGITS || value < min || value > max) odd[lefts++] = row;
    else values[row] = value;
  }
  return lefts;
}
