import { closingQuote, SENTINEL, skipSpace, unescaped, unescapeString } from '@millrace/formats';
import { valueEnd } from './json-text.js';

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACE = 123;

/** A member of an object: its name, and where its value stands. */
export interface Member {
  name: string;
  from: number;
  to: number;
}

/** The members of the JSON object `bytes[from .. to)`, in order; null when it is none. `bytes[to]` is written and restored. */
export function membersOf(bytes: Uint8Array, from: number, to: number): Member[] | null {
  const behind = bytes[to];
  bytes[to] = SENTINEL;
  const members = readMembers(bytes, from);
  bytes[to] = behind;
  return members;
}

function readMembers(bytes: Uint8Array, from: number): Member[] | null {
  const members: Member[] = [];
  let at = skipSpace(bytes, from);
  if (bytes[at] !== OPEN_BRACE) return null;
  at = skipSpace(bytes, at + 1);
  while (bytes[at] === QUOTE) {
    const close = closingQuote(bytes, at + 1);
    if (close < 0) return null;
    const name = nameOf(bytes, at + 1, close);
    at = skipSpace(bytes, close + 1);
    if (bytes[at] !== COLON) return null;
    const value = skipSpace(bytes, at + 1);
    const end = valueEnd(bytes, value);
    if (end < 0) return null;
    members.push({ name, from: value, to: end });
    at = skipSpace(bytes, end);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
  return members;
}

function nameOf(bytes: Uint8Array, from: number, close: number): string {
  const plain = Buffer.alloc(close - from);
  plain.set(bytes.subarray(from, close));
  if (!plain.includes(92)) return plain.toString('utf8');
  const room = Buffer.alloc(2 * plain.length);
  room.set(plain);
  unescapeString(room, 0, plain.length, plain.length);
  return room.toString('utf8', plain.length, unescaped.end);
}
