import { scaledText } from './columns.js';

/*
 * The one text of a value: equal values have equal texts, wherever they come from. Keys are compared, hashed and told by it.
 *
 *     integer, bigint  digits, with a minus sign when negative      boolean    true, false
 *     decimal          without zeros that say nothing: 10.5, 3, 0   date       YYYY-MM-DD
 *     timestamp        YYYY-MM-DDTHH:MM:SS[.ffffff without zeros at its end]Z, in UTC
 */

/** A decimal literal without zeros at the end of its fraction, and without the sign of a zero. */
export function decimalText(literal: string): string {
  const text = literal.includes('.') ? literal.replace(/\.?0+$/, '') : literal;
  return text === '-0' ? '0' : text;
}

/** @param days since 1970-01-01, of the years 1 to 9999 */
export function dateText(days: number): string {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

/** @param seconds since 1970, UTC, as a decimal literal with at most 6 digits of a fraction; of the years 1 to 9999 */
export function timestampText(seconds: string): string {
  const [whole, fraction = ''] = decimalText(seconds).split('.');
  // The fraction of a time before 1970 counts backwards.
  const back = whole.startsWith('-') && fraction !== '';
  const date = new Date((Number(whole) - (back ? 1 : 0)) * 1000).toISOString().slice(0, 19);
  if (fraction === '') return `${date}Z`;
  const micros = Number(fraction.padEnd(6, '0'));
  const digits = String(back ? 1_000_000 - micros : micros).padStart(6, '0');
  return `${date}.${digits.replace(/0+$/, '')}Z`;
}

/** Of a timestamp in microseconds since 1970. */
export function microsecondsText(micros: number | bigint): string {
  return timestampText(scaledText(micros, 6));
}
