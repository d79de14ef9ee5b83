import { civilDate } from '@millrace/contracts';
import { extractField, isoWeekOf, weekdayOf } from './calendar.js';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

const padded = (value: number, digits: number): string => String(value).padStart(digits, '0');

/** What patterns of to_char() may hold, besides separators and text in double quotes. */
export const CHAR_FIELDS: Record<string, (days: number, time_us: number) => string> = {
  YYYY: (days) => padded(civilDate(days).year, 4),
  YY: (days) => padded(civilDate(days).year % 100, 2),
  IYYY: (days) => padded(isoWeekOf(days).year, 4),
  Q: (days) => String(extractField('quarter', days, 0)),
  MM: (days) => padded(civilDate(days).month, 2),
  Mon: (days) => MONTHS[civilDate(days).month - 1],
  IW: (days) => padded(isoWeekOf(days).week, 2),
  DDD: (days) => padded(extractField('doy', days, 0), 3),
  DD: (days) => padded(civilDate(days).day, 2),
  Dy: (days) => DAYS[weekdayOf(days) - 1],
  ID: (days) => String(weekdayOf(days)),
  HH24: (_, time_us) => padded(extractField('hour', 0, time_us), 2),
  MI: (_, time_us) => padded(extractField('minute', 0, time_us), 2),
  SS: (_, time_us) => padded(Math.floor(extractField('second', 0, time_us) / 1_000_000), 2),
};

const PIECE = /(IYYY|YYYY|YY|Q|MM|Mon|IW|DDD|DD|Dy|ID|HH24|MI|SS)|"([^"\\]*)"|([-/.:;, _]+)/y;

/** Fields (functions) and what stands between them. @returns null when the pattern holds anything else */
export function charPattern(pattern: string): (string | ((days: number, time_us: number) => string))[] | null {
  const pieces: (string | ((days: number, time_us: number) => string))[] = [];
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < pattern.length) {
    const found = PIECE.exec(pattern);
    if (!found) return null;
    pieces.push(found[1] === undefined ? (found[2] ?? found[3]) : CHAR_FIELDS[found[1]]);
  }
  return pieces;
}

const patterns = new Map<string, ReturnType<typeof charPattern>>();

/** @param pattern one that charPattern() accepts */
export function toChar(pattern: string, days: number, time_us: number): string {
  let pieces = patterns.get(pattern);
  if (!pieces) {
    pieces = charPattern(pattern) ?? [];
    patterns.set(pattern, pieces);
  }
  let text = '';
  for (const piece of pieces) text += typeof piece === 'string' ? piece : piece(days, time_us);
  return text;
}
