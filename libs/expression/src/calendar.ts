import { civilDate } from '@millrace/contracts';

/** Dates are days since 1970-01-01, times of day microseconds. The years 1 to 9999, as a date column holds them. */
export const DAY_US = 86_400_000_000;
export const FIRST_DAY = -719_162;
export const LAST_DAY = 2_932_896;

export function daysOf(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const year_of_era = shifted - era * 400;
  const of_year = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return (
    era * 146_097 + year_of_era * 365 + Math.floor(year_of_era / 4) - Math.floor(year_of_era / 100) + of_year - 719_468
  );
}

/** Monday is 1. */
export function weekdayOf(days: number): number {
  const since_monday = (days + 3) % 7;
  return (since_monday < 0 ? since_monday + 7 : since_monday) + 1;
}

/** ISO 8601: a week belongs to the year that its Thursday is in. */
export function isoWeekOf(days: number): { year: number; week: number } {
  const thursday = days - weekdayOf(days) + 4;
  const { year } = civilDate(thursday);
  return { year, week: Math.floor((thursday - daysOf(year, 1, 1)) / 7) + 1 };
}

export const TRUNC_FIELDS = ['day', 'week', 'month', 'quarter', 'year'] as const;
export const TRUNC_TIMES = ['hour', 'minute', 'second'] as const;

const TIME_US: Record<string, number> = { hour: 3_600_000_000, minute: 60_000_000, second: 1_000_000 };

/** The first day of what `days` falls into; the day itself for the times of day. */
export function truncDays(field: string, days: number): number {
  if (field === 'day' || field in TIME_US) return days;
  if (field === 'week') return days - weekdayOf(days) + 1;
  const { year, month, day } = civilDate(days);
  if (field === 'month') return days - day + 1;
  return daysOf(year, field === 'year' ? 1 : month - ((month - 1) % 3), 1);
}

/** A time of day, cut; 0 for the fields of dates. */
export function truncTime(field: string, time_us: number): number {
  const unit = TIME_US[field];
  return unit === undefined ? 0 : time_us - (time_us % unit);
}

export const DATE_FIELDS = [
  'year',
  'quarter',
  'month',
  'week',
  'day',
  'dow',
  'isodow',
  'doy',
  'isoyear',
  'epoch',
] as const;
export const TIME_FIELDS = ['hour', 'minute', 'second'] as const;

/** As PostgreSQL's extract(); of `second` the microseconds, of `epoch` the whole seconds. */
export function extractField(field: string, days: number, time_us: number): number {
  switch (field) {
    case 'hour':
      return Math.floor(time_us / TIME_US.hour);
    case 'minute':
      return Math.floor((time_us % TIME_US.hour) / TIME_US.minute);
    case 'second':
      return time_us % TIME_US.minute;
    case 'dow':
      return weekdayOf(days) % 7;
    case 'isodow':
      return weekdayOf(days);
    case 'week':
      return isoWeekOf(days).week;
    case 'isoyear':
      return isoWeekOf(days).year;
    case 'epoch':
      return days * 86_400;
  }
  const { year, month, day } = civilDate(days);
  if (field === 'year') return year;
  if (field === 'month') return month;
  if (field === 'day') return day;
  return field === 'quarter' ? Math.floor((month + 2) / 3) : days - daysOf(year, 1, 1) + 1;
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

/** YYYY-MM-DD; only for the years that a column holds. */
export function dateText(days: number): string {
  const { year, month, day } = civilDate(days);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

/** HH:MM:SS, and microseconds without trailing zeros where there are any. */
export function timeText(time_us: number): string {
  const seconds = Math.floor(time_us / 1_000_000);
  const text = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const fraction = time_us % 1_000_000;
  return fraction === 0 ? text : `${text}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
}

/** @returns null when it is no day of the calendar written YYYY-MM-DD */
export function readDate(text: string): number | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!found) return null;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  if (year === 0 || month < 1 || month > 12 || day < 1) return null;
  const days = daysOf(year, month, day);
  return civilDate(days).month === month && day <= 31 ? days : null;
}

const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?Z?)?$/;

/** Microseconds since 1970 of YYYY-MM-DD HH:MM[:SS[.ffffff]], with T for the blank and Z behind it if so wished. */
export function readTimestamp(text: string): bigint | null {
  const found = TIMESTAMP.exec(text);
  const days = found === null ? null : readDate(found[1]);
  if (found === null || days === null) return null;
  const [hour, minute, second] = [Number(found[2] ?? 0), Number(found[3] ?? 0), Number(found[4] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return null;
  const time_us = ((hour * 60 + minute) * 60 + second) * 1_000_000 + Number((found[5] ?? '').padEnd(6, '0'));
  return BigInt(days) * BigInt(DAY_US) + BigInt(time_us);
}
