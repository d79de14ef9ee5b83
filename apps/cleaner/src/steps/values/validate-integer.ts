import type { ColumnPlan } from '@millrace/dataset';
import { FAILURE, type IntColumn, NULL_INT } from '../working-set.js';
import { failRow, left, type Pass } from './cells.js';
import { becomesNull, rejectsFor } from './fallback.js';
import { readShortIntegers } from './short-integers.js';

const PLUS = 43;
const MINUS = 45;
const ZERO = 48;
/** More digits than any bound of an integer column has. */
const MOST_DIGITS = 10;

/** Integers within min and max, leading zeros allowed; with an optional sign where the column may be negative, else digits only. */
export function validateInteger(column: ColumnPlan): Pass {
  const { signed, default_value } = column;
  const rules = { ...boundsOf(column), signed };
  const fallback = default_value === null ? NULL_INT : Number(default_value);
  return (set, cells) => {
    const { bytes } = set.records;
    const { start, end, offset } = cells;
    const { values } = set.columns[column.index] as IntColumn;
    const lefts = readShortIntegers(set, cells, values, rules);
    for (let place = 0; place < lefts; place++) {
      const row = left[place];
      const code = readInteger(bytes, start[offset + row], end[offset + row], rules);
      if (code === 0) values[row] = integer;
      else if (rejectsFor(column, code)) failRow(set, row, column.index, code);
      else values[row] = becomesNull(column, code) ? NULL_INT : fallback;
    }
  };
}

function boundsOf({ min, max, above, signed }: ColumnPlan): { min: number; max: number } {
  const least = Number(min ?? (signed ? Number.NEGATIVE_INFINITY : 0));
  return {
    min: above === null ? least : Math.max(least, Math.floor(Number(above)) + 1),
    max: Number(max ?? Number.POSITIVE_INFINITY),
  };
}

/** What `readInteger` has read. */
let integer = 0;

interface IntegerRules {
  /** Inclusive. */
  min: number;
  max: number;
  signed: boolean;
}

/** Sets `integer` to the value at `from` to `to`; answers the FAILURE where it is none that the rules take, else 0. */
function readInteger(bytes: Buffer, from: number, to: number, { min, max, signed }: IntegerRules): number {
  if (from === to) return FAILURE.blank;
  let at = from;
  const hasSign = signed && (bytes[at] === MINUS || bytes[at] === PLUS);
  if (hasSign && ++at === to) return FAILURE.not_integer;
  while (at < to && bytes[at] === ZERO) at++;
  const isLong = to - at > MOST_DIGITS;
  let value = 0;
  for (; at < to; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return FAILURE.not_integer;
    if (!isLong) value = value * 10 + digit;
  }
  integer = hasSign && bytes[from] === MINUS ? -value : value;
  return isLong || integer < min || integer > max ? FAILURE.out_of_range : 0;
}
