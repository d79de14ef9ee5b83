import { LIMITS } from '@millrace/contracts';
import { mapCharacters } from './like.js';

/** replace() may make a text longer than any record; then it is not computed. */
const LONGEST = LIMITS.record_bytes;

const ASCII = /^[\0-\x7f]*$/;
const SURROGATE = /[\ud800-\udfff]/;

export const lower = (text: string): string =>
  ASCII.test(text) ? text.toLowerCase() : mapCharacters(text, (character) => character.toLowerCase());

export const upper = (text: string): string =>
  ASCII.test(text) ? text.toUpperCase() : mapCharacters(text, (character) => character.toUpperCase());

export function lengthOf(text: string): number {
  return SURROGATE.test(text) ? [...text].length : text.length;
}

/** Takes off characters of `set` from the beginning, the end or both. */
function stripped(text: string, set: string, begin: boolean, end: boolean): string {
  const characters = SURROGATE.test(text) ? [...text] : text;
  let from = 0;
  let to = characters.length;
  if (begin) while (from < to && set.includes(characters[from])) from++;
  if (end) while (to > from && set.includes(characters[to - 1])) to--;
  return typeof characters === 'string' ? characters.slice(from, to) : characters.slice(from, to).join('');
}

export const trim = (text: string, set = ' '): string => stripped(text, set, true, true);
export const ltrim = (text: string, set = ' '): string => stripped(text, set, true, false);
export const rtrim = (text: string, set = ' '): string => stripped(text, set, false, true);

/** Characters `from` (not included) to `to`. */
function sliced(text: string, from: number, to: number): string {
  return SURROGATE.test(text) ? [...text].slice(from, to).join('') : text.slice(from, to);
}

/** Null for a negative count. Characters before the first count, too. */
export function substr(text: string, from: number, count = Number.MAX_SAFE_INTEGER): string | null {
  if (count < 0) return null;
  return sliced(text, Math.max(from - 1, 0), Math.max(from - 1 + count, 0));
}

/** A negative count leaves out so many at the other end. */
export function left(text: string, count: number): string {
  return count >= 0 ? sliced(text, 0, count) : sliced(text, 0, Math.max(lengthOf(text) + count, 0));
}

export function right(text: string, count: number): string {
  const length = lengthOf(text);
  return count >= 0
    ? sliced(text, Math.max(length - count, 0), length)
    : sliced(text, Math.min(-count, length), length);
}

/** Null when the result is longer than a record. */
export function replace(text: string, from: string, to: string): string | null {
  if (from === '') return text;
  const pieces = text.split(from);
  if (text.length + (pieces.length - 1) * (to.length - from.length) > LONGEST) return null;
  return pieces.join(to);
}

/** The n-th part, from the end when negative; empty when there is none. Null for part 0. */
export function splitPart(text: string, separator: string, part: number): string | null {
  if (part === 0) return null;
  if (separator === '') return part === 1 || part === -1 ? text : '';
  const parts = text.split(separator);
  return parts[part > 0 ? part - 1 : parts.length + part] ?? '';
}

/** Position of the first occurrence in characters, from 1; 0 when there is none. */
export function strpos(text: string, part: string): number {
  const at = text.indexOf(part);
  return at < 0 ? 0 : lengthOf(text.slice(0, at)) + 1;
}

/** By code points, as the bytes of UTF-8 and COLLATE "C" order them; strings of JavaScript compare by halves of surrogates. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x === y) continue;
    const surrogates = Number(isSurrogate(x)) - Number(isSurrogate(y));
    return surrogates !== 0 && x >= 0xd800 && y >= 0xd800 ? surrogates : x - y;
  }
  return a.length - b.length;
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xe000;
