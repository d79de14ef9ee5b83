import type { ColumnPlan } from '@millrace/dataset';
import { FAILURE, type IntColumn, NULL_INT, type WorkingSet } from '../working-set.js';
import { MONTH_START } from './calendar.js';
import { type Cells, failRow } from './cells.js';
import { becomesNull, rejectsFor } from './fallback.js';

const NO_DATE = -2147483648;

/** Dates in the usual form: YYYY-MM-DD and real, from year 1 on. */
export function validateDate(set: WorkingSet, column: ColumnPlan, cells: Cells, into: IntColumn): void {
  const { failure } = set;
  const { bytes, count } = set.records;
  const { start, end, offset } = cells;
  const { values } = into;
  const fallback = column.default_value === null ? NULL_INT : Date.parse(column.default_value) / 86_400_000;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const from = start[offset + row];
    const to = end[offset + row];
    const days = to - from === 10 ? daysOf(bytes, from) : NO_DATE;
    values[row] = days;
    if (days !== NO_DATE) continue;
    const code = from === to ? FAILURE.blank : FAILURE.not_date;
    if (rejectsFor(column, code)) failRow(set, row, column.index, code);
    else values[row] = becomesNull(column, code) ? NULL_INT : fallback;
  }
}

function daysOf(bytes: Uint8Array, at: number): number {
  if (bytes[at + 4] !== 45 || bytes[at + 7] !== 45) return NO_DATE;
  const century = twoDigits(bytes, at);
  const years = twoDigits(bytes, at + 2);
  const month = twoDigits(bytes, at + 5);
  const day = twoDigits(bytes, at + 8);
  if (century < 0 || years < 0 || month < 1 || month > 12 || day < 1) return NO_DATE;
  const year = century * 100 + years;
  if (year === 0) return NO_DATE;
  const index = year * 12 + month - 1;
  const days = MONTH_START[index] + day - 1;
  return days < MONTH_START[index + 1] ? days : NO_DATE;
}

/** Two digits as a number; negative when they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] - 48;
  const ones = bytes[at + 1] - 48;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}
