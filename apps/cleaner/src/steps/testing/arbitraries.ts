import fc from 'fast-check';
import { COLUMNS, type Row, recordOf } from './read-cleaned.js';

const digits = (most: number) => fc.stringMatching(new RegExp(`^[0-9]{0,${most}}$`));
const decimals = fc.tuple(digits(16), digits(22)).map(([whole, fraction]) => `${whole}.${fraction}`);
const junk = fc.oneof(
  fc.constantFrom('', ' ', 'x', '-1', '+1', '1e3', '.', '5.', 'a\0', '\xff', '\xc3\xa4', '"', ',', '\n', '#'),
  fc.string({ unit: 'binary-ascii', maxLength: 12 }),
);
const mostly = (good: fc.Arbitrary<string>, bad = junk) =>
  fc.oneof({ weight: 8, arbitrary: good }, { weight: 1, arbitrary: bad });
const number = (max: number) => fc.integer({ min: 0, max }).map(String);
const names = fc
  .constantFrom('a', 'b', 'c', 'grün', 'x'.repeat(512), 'x'.repeat(513))
  .map((name) => Buffer.from(name).toString('latin1'));

const FIELDS: Record<string, fc.Arbitrary<string>> = {
  order_id: mostly(number(60).map((id) => `ORD-${id}`)),
  product_name: mostly(names),
  category: mostly(names),
  quantity: mostly(fc.oneof(number(30), number(1_000_000_001))),
  unit_price: mostly(
    fc.oneof(
      number(2000).map((cents) => `${cents}.${Number(cents) % 100}`),
      decimals,
    ),
  ),
  discount_percent: mostly(
    fc.oneof(
      number(101),
      number(10000).map((d) => `${Number(d) % 100}.${d}`),
      decimals,
    ),
  ),
  region: mostly(names),
  sale_date: mostly(
    fc
      .tuple(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 32 }))
      .map(
        ([year, month, day]) =>
          `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`,
      ),
  ),
  customer_email: mostly(fc.constantFrom('a@b.c', 'a@b', 'a b@c.d', '@.', 'x@y.z.w')),
};
const padded = (value: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.constantFrom('', ' ', '\t', '\r\n'), value, fc.constantFrom('', ' ', '\r', '\n'))
    .map((pieces) => pieces.join(''));
/** The fields of a record of the sales dataset, one character a byte: mostly good, all kinds of dirt among them. */
export const record = fc.record(Object.fromEntries(COLUMNS.map((name) => [name, padded(FIELDS[name])])));
/** The record in CSV, with its LF. */
export const textOf = (fields: Row) => {
  const text = recordOf(COLUMNS.map((name) => fields[name]!));
  // What would be a comment or a blank line, were its first field not quoted.
  return /^[#\s]/.test(text)
    ? `"${fields.order_id!.replaceAll('"', '""')}"${text.slice(text.indexOf(',', fields.order_id!.length))}`
    : text;
};

const JSON_NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/;
const ESCAPES: Record<string, string> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\t': '\\t', '/': '\\/' };

/**
 * The record as a JSON object. @param spelling chooses among the ways to write each value: numbers as such or as strings,
 * blanks as strings, as null or not at all
 */
export const jsonOf = (fields: Row, spelling: number) => {
  const members = COLUMNS.flatMap((name, index) => {
    const way = (spelling >> (2 * index)) & 3;
    const value = fields[name]!;
    if (value === '' && way > 1) return [];
    if (value === '' && way === 1) return [`"${name}":null`];
    if (way > 1 && JSON_NUMBER.test(value)) return [`"${name}" : ${value}`];
    return [`"${way === 3 ? name.toUpperCase() : name}":"${escaped(value, way)}"`];
  });
  return `{${members.join(',')}}`;
};

function escaped(value: string, way: number): string {
  const hex = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return Array.from(value, (char) => {
    if (char < ' ') return way > 1 ? hex(char) : (ESCAPES[char] ?? hex(char));
    if (char === 'a' && way === 3) return hex(char);
    return ESCAPES[char] ?? char;
  }).join('');
}
