import type { ColumnPlan } from '@millrace/dataset';
import { dayOfMoment, type MomentReader } from '../moments/moment.js';
import { readersOf } from '../moments/readers.js';
import { FAILURE, type IntColumn, NULL_INT } from '../working-set.js';
import { failRow, type Pass } from './cells.js';
import { becomesNull, rejectsFor } from './fallback.js';

const dayOf = (date: string | null) => (date === null ? Number.NaN : Date.parse(date) / 86_400_000);

/** Dates in the column's formats, within its bounds. */
export function validateFormattedDate(column: ColumnPlan): Pass {
  const readers = readersOf(column);
  const min = dayOf(column.min);
  const max = dayOf(column.max);
  const fallback = column.default_value === null ? NULL_INT : dayOf(column.default_value);
  return (set, { start, end, offset }) => {
    const { failure } = set;
    const { bytes, count } = set.records;
    const { values } = set.columns[column.index] as IntColumn;
    const chosen = readers(set);
    for (let row = 0; row < count; row++) {
      if (failure[row] !== 0) continue;
      const from = start[offset + row];
      const to = end[offset + row];
      let code = from === to ? FAILURE.blank : readDay(chosen, bytes, from, to);
      if (code === 0 && (day < min || day > max)) code = FAILURE.out_of_range;
      if (code === 0) values[row] = day;
      else if (rejectsFor(column, code)) failRow(set, row, column.index, code);
      else values[row] = becomesNull(column, code) ? NULL_INT : fallback;
    }
  };
}

let day = 0;

/** Sets `day` by the readers that take the value. They must agree. */
function readDay(readers: MomentReader[], bytes: Uint8Array, from: number, to: number): number {
  let code: number = FAILURE.not_date;
  for (const read of readers) {
    const found = read(bytes, from, to) ? dayOfMoment() : Number.NaN;
    if (Number.isNaN(found)) continue;
    if (code === 0 && found !== day) return FAILURE.ambiguous_date;
    day = found;
    code = 0;
  }
  return code;
}
