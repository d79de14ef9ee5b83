import type { ColumnPlan } from '@millrace/dataset';
import { FAILURE, type IntColumn, NULL_INT, type WorkingSet } from '../working-set.js';
import { MONTH_START } from './calendar.js';
import { type Cells, failRow, left } from './cells.js';
import { becomesNull, rejectsFor } from './fallback.js';

const NO_DATE = -2147483648;

/** Of this module: those of another one would be looked up for each row. */
const month_start = MONTH_START;

/** Dates in the usual form: YYYY-MM-DD and real, from year 1 on. */
export function validateDate(set: WorkingSet, column: ColumnPlan, cells: Cells, into: IntColumn): void {
  const { start, end, offset } = cells;
  const { values } = into;
  const fallback = column.default_value === null ? NULL_INT : Date.parse(column.default_value) / 86_400_000;
  const lefts = takeDates(set, cells, values);
  for (let place = 0; place < lefts; place++) {
    const row = left[place];
    const code = start[offset + row] === end[offset + row] ? FAILURE.blank : FAILURE.not_date;
    if (rejectsFor(column, code)) failRow(set, row, column.index, code);
    else values[row] = becomesNull(column, code) ? NULL_INT : fallback;
  }
}

/** Takes all dates, and leaves what is none in `left`. Answers how many. */
function takeDates({ failure, records }: WorkingSet, { start, end, offset }: Cells, values: Int32Array): number {
  const { bytes, count } = records;
  const odd = left;
  let lefts = 0;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const from = start[offset + row];
    const days = end[offset + row] - from === 10 ? daysOf(bytes, from) : NO_DATE;
    values[row] = days;
    if (days === NO_DATE) odd[lefts++] = row;
  }
  return lefts;
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
  const days = month_start[index] + day - 1;
  return days < month_start[index + 1] ? days : NO_DATE;
}

/** Two digits as a number; negative when they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] - 48;
  const ones = bytes[at + 1] - 48;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}
