import type { CodeColumn, IntColumn, WorkingSet } from '../working-set.js';
import { MONTH_START, monthOf } from './calendar.js';

const MONTH_BYTES = 7;

/** Of these days since 1970 the month need not be searched for. */
const USUAL_DAYS = 65_536;
const month_of_day = monthsOfDays();

/** By day since 1970-01-01: the index of its month. */
function monthsOfDays(): Uint16Array {
  const months = new Uint16Array(USUAL_DAYS);
  let month = monthOf(0);
  for (let day = 0; day < USUAL_DAYS; day++) {
    if (day >= MONTH_START[month + 1]) month++;
    months[day] = month;
  }
  return months;
}

/** YYYY-MM of a date. */
export function deriveMonth(set: WorkingSet, dates: IntColumn, into: CodeColumn): void {
  const { failure } = set;
  const { count } = set.records;
  const { codes, entries } = into;
  const { values } = dates;
  entries.begin(monthTexts());
  // A chunk has few months: one look-up a month.
  const seen = codesSeen;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const days = values[row];
    const month = days >= 0 && days < USUAL_DAYS ? month_of_day[days] : monthOf(days);
    let code = seen[month];
    if (code < 0) {
      code = entries.codeOf(month * MONTH_BYTES, (month + 1) * MONTH_BYTES);
      seen[month] = code;
    }
    codes[row] = code;
  }
  for (let code = 0; code < entries.count; code++) seen[entries.start[code] / MONTH_BYTES] = -1;
}

const codesSeen = new Int32Array(MONTH_START.length).fill(-1);
let texts: DataView | undefined;

/** YYYY-MM of all months, one behind the other. */
function monthTexts(): DataView {
  if (texts) return texts;
  const bytes = Buffer.alloc((MONTH_START.length - 1) * MONTH_BYTES + 4);
  for (let month = 0; month < MONTH_START.length - 1; month++) {
    const year = String(Math.floor(month / 12)).padStart(4, '0');
    bytes.write(`${year}-${String((month % 12) + 1).padStart(2, '0')}`, month * MONTH_BYTES, 'latin1');
  }
  texts = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return texts;
}
