import { NULL_TEXT } from '../digest.js';
import { canonicalDecimal } from '../expect/differences.js';
import type { Kind } from './table-answer.js';

/**
 * A value as it stands in the lines of digests, equal for equal values: numbers without needless zeros, timestamps as seconds
 * since 1970 in UTC, dates YYYY-MM-DD, booleans true and false, text as it is.
 * @param value numbers as literals, timestamps as ISO 8601 in UTC; null is NULL
 */
export function canonicalText(kind: Kind, value: string | null): string {
  if (value === null) return NULL_TEXT;
  if (kind === 'decimal') return canonicalDecimal(value);
  return kind === 'timestamp' ? String(Date.parse(value) / 1000) : value;
}

/** SQL that gives `canonicalText` of a column; `column` is quoted already. */
export function canonicalSql(kind: Kind, column: string): string {
  const text: Record<Kind, string> = {
    text: column,
    integer: `${column}::text`,
    decimal: `trim_scale(${column})::text`,
    date: `to_char(${column}, 'YYYY-MM-DD')`,
    timestamp: `trim_scale(extract(epoch from ${column}))::text`,
    boolean: `${column}::text`,
  };
  return `coalesce(${text[kind]}, '\\N')`;
}

/** The text of a key as Millrace's books have it: of one text column its text, else the JSON array of all. */
export function keyText(values: readonly string[]): string {
  return values.length === 1 ? values[0] : JSON.stringify(values);
}

/** A field of a CSV record; in quotes where it must be. */
export function csvField(text: string): string {
  return /[",\r\n]|^[ \t#]|[ \t]$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
