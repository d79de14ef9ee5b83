import { InvalidArgumentError } from 'commander';

const DAY_MS = 86_400_000;
const MOST_DAYS = 3660;

/** A real date YYYY-MM-DD. @throws InvalidArgumentError, which commander reports with the option's name */
export function calendarDate(text: string): string {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (!Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 10) === text) return text;
  throw new InvalidArgumentError('A date is wanted: 2026-01-31.');
}

/** Every date from the first to the last, both included. @throws RangeError when the last is before the first, or too far */
export function datesFrom(first: string, last: string): string[] {
  const start = Date.parse(`${first}T00:00:00Z`);
  const days = (Date.parse(`${last}T00:00:00Z`) - start) / DAY_MS + 1;
  if (days < 1) throw new RangeError(`${last} is before ${first}`);
  if (days > MOST_DAYS) throw new RangeError(`at most ${MOST_DAYS} days at once, ${first} to ${last} are ${days}`);
  return Array.from({ length: days }, (_, day) => new Date(start + day * DAY_MS).toISOString().slice(0, 10));
}
