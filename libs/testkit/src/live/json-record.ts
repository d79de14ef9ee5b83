import { isUtf8 } from 'node:buffer';
import { SOURCE_COLUMNS } from '../answer-key.js';
import type { Dice } from '../generator/dice.js';
import { unquoted } from './unquote.js';

/** A JSON number whose digits are what the CSV field holds. (With an exponent it would be a number where CSV has none.) */
const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/;
const NUMERIC = new Set(['quantity', 'unit_price', 'discount_percent']);
const ESCAPES: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};
/** Text that is no UTF-8 cannot stand in JSON; this cannot be stored either. */
const NOT_STORABLE = 'nul\0byte';

/** What is no JSON object, though its brackets and quotes are balanced: a list of rows can hold it. */
const BROKEN: ((key: string) => string)[] = [
  (key) => `{"order_id" ${JSON.stringify(key)}}`,
  (key) => `{order_id:${JSON.stringify(key)},"quantity":1}`,
  (key) => `{"order_id":${JSON.stringify(key)} "quantity":1}`,
  () => '{"order_id":}',
  (key) => `{"order_id":${JSON.stringify(key)},"quantity":one}`,
];

export function brokenJson(key: string, dice: Dice): string {
  return dice.pick(BROKEN)(key);
}

/**
 * The values of a CSV record as one JSON object, in one of the many ways that producers write it.
 * @param raw fields in the usual order as they stand in a CSV file @returns one character a byte
 */
export function jsonRecord(raw: readonly string[], dice: Dice): string {
  const members: string[] = [];
  for (const [index, column] of SOURCE_COLUMNS.entries()) {
    const text = memberText(column, unquoted(raw[index]), dice);
    if (text !== undefined) members.push(`"${column}":${text}`);
  }
  if (dice.below(4) === 0) members.push(...members.splice(0, dice.below(members.length + 1)));
  if (dice.below(16) === 0) members.push('"note":{"by":["till \\"7\\"",null,{}],"paid":true}');
  return dice.below(8) === 0 ? `{ ${members.join(' , ').replaceAll('":', '": ')} }` : `{${members.join(',')}}`;
}

/** Undefined: the member is left out, which is as good as blank. */
function memberText(column: string, value: string, dice: Dice): string | undefined {
  if (value === '') return dice.pick(['""', 'null', undefined]);
  if (NUMERIC.has(column) && NUMBER.test(value) && dice.below(2) === 0) return value;
  return stringText(isUtf8(Buffer.from(value, 'latin1')) ? value : NOT_STORABLE, dice.below(8) === 0);
}

/** @param escape_all whether what is not ASCII is written as \uXXXX */
function stringText(bytes: string, escape_all: boolean): string {
  const text = escape_all ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes;
  let json = '"';
  for (const unit of text.split('')) {
    const code = unit.charCodeAt(0);
    if (ESCAPES[unit]) json += ESCAPES[unit];
    else if (code < 0x20 || (escape_all && code > 0x7e)) json += `\\u${code.toString(16).padStart(4, '0')}`;
    else json += unit;
  }
  return `${json}"`;
}
