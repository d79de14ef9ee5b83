import type { ColumnPlan } from '@millrace/dataset';
import { FAILURE, type IntColumn, NULL_INT, type WorkingSet } from '../working-set.js';
import { type Cells, failRow } from './cells.js';
import { becomesNull, rejectsFor } from './fallback.js';

/** More digits than any bound of an integer column has. */
const DIGITS = 10;

/** Integers that may not be negative: digits only, leading zeros allowed, within min and max. */
export function validateInteger(set: WorkingSet, column: ColumnPlan, cells: Cells, into: IntColumn): void {
  const { failure } = set;
  const { bytes, count } = set.records;
  const { start, end, offset } = cells;
  const { values } = into;
  const above = Number(column.above ?? -1);
  const min = Math.max(Number(column.min ?? 0), above + 1);
  const max = Number(column.max);
  const fallback = column.default_value === null ? NULL_INT : Number(column.default_value);
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    let at = start[offset + row];
    const to = end[offset + row];
    let code = at === to ? FAILURE.blank : 0;
    while (at < to && bytes[at] === 48) at++;
    const long = to - at > DIGITS;
    let value = 0;
    for (; at < to; at++) {
      const digit = bytes[at] - 48;
      if (digit < 0 || digit > 9) {
        code = FAILURE.not_integer;
        break;
      }
      if (!long) value = value * 10 + digit;
    }
    if (code === 0 && (long || value < min || value > max)) code = FAILURE.out_of_range;
    if (code === 0) values[row] = value;
    else if (rejectsFor(column, code)) failRow(set, row, column.index, code);
    else values[row] = becomesNull(column, code) ? NULL_INT : fallback;
  }
}
