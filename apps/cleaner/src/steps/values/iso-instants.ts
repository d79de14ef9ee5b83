import type { LanesColumn, WorkingSet } from '../working-set.js';
import { MONTH_START } from './calendar.js';
import { type Cells, left } from './cells.js';

const SPACE = 32;
const MINUS = 45;
const POINT = 46;
const COLON = 58;
const LETTER_T = 84;
const LETTER_Z = 90;
/** `YYYY-MM-DDTHH:MM:SS`. */
const SECONDS_SIZE = 19;
const MICROS_DIGITS = 6;
/** The lanes hold the microseconds of fewer days than these before and behind 1970 in any zone: of the years 1686 to 2253. */
const MOST_DAYS = 104_000;
/** Of this module: constants of another one would be looked up for each row. */
const month_start = MONTH_START;

/**
 * Reads the cells that hold an instant as `YYYY-MM-DDTHH:MM:SS`, a blank in place of the T or not, with up to six digits of a fraction or none,
 * and with Z or without a zone, and that is within the bounds: most do. The others are left in `left`, as blank cells are.
 * @param zone in minutes, of a value that names none @param bounds in microseconds since 1970, inclusive
 * @returns how many are left
 */
export function readIsoInstants(
  { failure, records }: WorkingSet,
  { start, end, offset }: Cells,
  { low, high }: LanesColumn,
  zone: number,
  { min, max }: { min: number; max: number },
): number {
  const { bytes, count } = records;
  const odd = left;
  let lefts = 0;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const from = start[offset + row];
    const to = end[offset + row];
    const second = to - from < SECONDS_SIZE ? -1 : secondOf(bytes, from);
    let at = from + SECONDS_SIZE;
    let micros = 0;
    if (second >= 0 && at < to && bytes[at] === POINT) {
      const first = ++at;
      for (; at < to && at - first < MICROS_DIGITS; at++) {
        const digit = bytes[at] - 48;
        if (digit < 0 || digit > 9) break;
        micros = micros * 10 + digit;
      }
      // A point without a digit behind it is none.
      if (at === first) at = to + 1;
      for (let place = at - first; place < MICROS_DIGITS; place++) micros *= 10;
    }
    let east = zone;
    if (at < to && bytes[at] === LETTER_Z) {
      east = 0;
      at++;
    }
    const days = second < 0 || at !== to ? MOST_DAYS : dayOf(bytes, from);
    const value = ((days * 1440 - east) * 60 + second) * 1_000_000 + micros;
    if (days === MOST_DAYS || value < min || value > max) {
      odd[lefts++] = row;
      continue;
    }
    low[row] = value;
    high[row] = Math.floor(value / 4294967296);
  }
  return lefts;
}

/** The second of its day at which the time behind a date is; negative when there is none of this form. */
function secondOf(bytes: Uint8Array, from: number): number {
  const hour = twoDigits(bytes, from + 11);
  const minute = twoDigits(bytes, from + 14);
  const second = twoDigits(bytes, from + 17);
  const mark = bytes[from + 10];
  if (bytes[from + 13] !== COLON || bytes[from + 16] !== COLON || (mark !== LETTER_T && mark !== SPACE)) return -1;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return -1;
  return (hour * 60 + minute) * 60 + second;
}

/** Days since 1970-01-01 of the date there; MOST_DAYS when it is none, or too far from there. */
function dayOf(bytes: Uint8Array, from: number): number {
  const century = twoDigits(bytes, from);
  const years = twoDigits(bytes, from + 2);
  const month = twoDigits(bytes, from + 5);
  const day = twoDigits(bytes, from + 8);
  if (bytes[from + 4] !== MINUS || bytes[from + 7] !== MINUS) return MOST_DAYS;
  if (century < 0 || years < 0 || month < 1 || month > 12 || day < 1) return MOST_DAYS;
  const index = (century * 100 + years) * 12 + month - 1;
  const days = month_start[index] + day - 1;
  return days < month_start[index + 1] && days > -MOST_DAYS && days < MOST_DAYS ? days : MOST_DAYS;
}

/** Two digits as a number; negative when they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] - 48;
  const ones = bytes[at + 1] - 48;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}
