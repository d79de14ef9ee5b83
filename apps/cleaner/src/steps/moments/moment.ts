import type { ColumnPlan } from '@millrace/dataset';
import { MONTH_START } from '../values/calendar.js';

/** What a reader found in a value; one object for all, as a value has none of its own. */
export interface Moment {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  micros: number;
  /** What stands behind the sixth digit of the fraction. */
  rest: number;
  /** Of a 12-hour clock. */
  half_day: number;
  /** Minutes east of UTC; NO_ZONE when the value names none. */
  zone: number;
}

export const REST = { none: 0, below_half: 1, half: 2, above_half: 3 } as const;
export const HALF_DAY = { none: 0, am: 1, pm: 2 } as const;
export const NO_ZONE = 1 << 20;

export const moment: Moment = {
  year: 0,
  month: 0,
  day: 0,
  hour: 0,
  minute: 0,
  second: 0,
  micros: 0,
  rest: 0,
  half_day: 0,
  zone: NO_ZONE,
};

/** Reads `bytes[from .. to)` into `moment`; false when it is not written in this way. Whether such a day exists is not asked yet. */
export type MomentReader = (bytes: Uint8Array, from: number, to: number) => boolean;

export function beginMoment(): void {
  moment.year = 0;
  moment.month = 1;
  moment.day = 1;
  moment.hour = 0;
  moment.minute = 0;
  moment.second = 0;
  moment.micros = 0;
  moment.rest = REST.none;
  moment.half_day = HALF_DAY.none;
  moment.zone = NO_ZONE;
}

/** Days since 1970-01-01 of `moment`; NaN when there is no such day in the years 1 to 9999. */
export function dayOfMoment(): number {
  const { year, month, day } = moment;
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return Number.NaN;
  const index = year * 12 + month - 1;
  const days = MONTH_START[index] + day - 1;
  return days < MONTH_START[index + 1] ? days : Number.NaN;
}

const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;

/** An instant: whole seconds since 1970 in UTC, and microseconds behind them. Reused. */
export const instant = { seconds: 0, micros: 0 };

/**
 * Sets `instant` to `moment`; false when there is no such time in the years 1 to 9999 of UTC, or when its fraction has more than
 * six digits and may not be rounded.
 * @param zone in minutes, of a value that names none
 */
export function resolveInstant(zone: number, rounding: ColumnPlan['rounding']): boolean {
  const days = dayOfMoment();
  const hour = hourOfDay();
  const { minute, second, rest } = moment;
  if (Number.isNaN(days) || hour < 0 || minute > 59 || second > 59) return false;
  if (rest !== REST.none && rounding === 'reject') return false;
  const east = moment.zone === NO_ZONE ? zone : moment.zone;
  instant.seconds = days * 86_400 + hour * 3600 + (minute - east) * 60 + second;
  instant.micros = moment.micros;
  if (roundsUp(rest, instant.micros, rounding) && ++instant.micros === 1_000_000) {
    instant.micros = 0;
    instant.seconds++;
  }
  return instant.seconds >= FIRST_SECOND && instant.seconds <= LAST_SECOND;
}

/** Negative when there is no such hour. */
function hourOfDay(): number {
  const { hour, half_day } = moment;
  if (half_day === HALF_DAY.none) return hour > 23 ? -1 : hour;
  if (hour < 1 || hour > 12) return -1;
  return (hour % 12) + (half_day === HALF_DAY.pm ? 12 : 0);
}

function roundsUp(rest: number, micros: number, rounding: ColumnPlan['rounding']): boolean {
  if (rounding === 'half_up') return rest >= REST.half;
  if (rounding === 'half_even') return rest > REST.half || (rest === REST.half && micros % 2 === 1);
  return false;
}
