import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isSpace,
  LETTER_E,
  LETTER_U,
  MINUS,
  NINE,
  OPEN_BRACE,
  OPEN_BRACKET,
  PLUS,
  POINT,
  QUOTE,
  SPACE,
  ZERO,
} from '../bytes.js';

/*
 * Each of these functions checks one piece of JSON that begins at `at` and answers where it ends, -1 when it is none.
 * None looks at an end of the bytes: SENTINEL must stand behind the text, which no piece can contain or go past.
 */

/** A control character that is no white space. */
export const SENTINEL = 1;

/** Arrays and objects within one another, the outermost one included. Deeper JSON is refused: it must not cost a stack. */
export const JSON_DEPTH = 64;

/** First byte at or behind `at` that is no white space. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  let next = at;
  while (bytes[next] <= SPACE && isSpace(bytes[next])) next++;
  return next;
}

/** The rest of a string, from any place behind its opening quote: answers the position of the closing one. */
export function closingQuote(bytes: Uint8Array, at: number): number {
  let next = at;
  for (;;) {
    const byte = bytes[next];
    if (byte === QUOTE) return next;
    if (byte < SPACE) return -1;
    if (byte !== BACKSLASH) next++;
    else {
      const size = escapeSize(bytes, next);
      if (size === 0) return -1;
      next += size;
    }
  }
}

/** What stands for `\x` with this x; 0 for what may not follow a backslash, or is a \u. */
export const ESCAPED = new Uint8Array(256);
for (const [letter, char] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  ESCAPED[letter.charCodeAt(0)] = char.charCodeAt(0);
}

/** Bytes of the escape at a backslash: 2, 6, or 0 when it is none. */
function escapeSize(bytes: Uint8Array, at: number): number {
  if (ESCAPED[bytes[at + 1]] !== 0) return 2;
  if (bytes[at + 1] !== LETTER_U) return 0;
  for (let digit = at + 2; digit < at + 6; digit++) if (HEX[bytes[digit]] < 0) return 0;
  return 6;
}

/** Value of a hexadecimal digit, -1 for other bytes. */
export const HEX = Int8Array.from({ length: 256 }, (_, byte) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase());
  return byte < 128 ? digit : -1;
});

/** A number up to its exponent. */
export function skipDecimal(bytes: Uint8Array, at: number): number {
  const first = bytes[at] === MINUS ? at + 1 : at;
  const next = bytes[first] === ZERO ? first + 1 : skipDigits(bytes, first);
  return next >= 0 && bytes[next] === POINT ? skipDigits(bytes, next + 1) : next;
}

/** The exponent behind a number, if there is one: answers `at` where there is none. */
export function skipExponent(bytes: Uint8Array, at: number): number {
  if ((bytes[at] | 32) !== LETTER_E) return at;
  const sign = bytes[at + 1];
  return skipDigits(bytes, sign === PLUS || sign === MINUS ? at + 2 : at + 1);
}

/** One digit or more. */
function skipDigits(bytes: Uint8Array, at: number): number {
  let next = at;
  while (bytes[next] >= ZERO && bytes[next] <= NINE) next++;
  return next === at ? -1 : next;
}

const WORDS = ['true', 'false', 'null'].map((word) => Buffer.from(word));

/** true, false or null. */
export function skipWord(bytes: Uint8Array, at: number): number {
  for (const word of WORDS) {
    let size = 0;
    while (size < word.length && bytes[at + size] === word[size]) size++;
    if (size === word.length) return at + size;
  }
  return -1;
}

function skipScalar(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === QUOTE) return closingQuote(bytes, at + 1) + 1 || -1;
  if (byte !== MINUS && (byte < ZERO || byte > NINE)) return skipWord(bytes, at);
  const end = skipDecimal(bytes, at);
  return end < 0 ? -1 : skipExponent(bytes, end);
}

/** A member's name and colon, and the space behind: answers where its value begins. */
function skipName(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) return -1;
  const close = closingQuote(bytes, at + 1);
  if (close < 0) return -1;
  const colon = skipSpace(bytes, close + 1);
  return bytes[colon] === COLON ? skipSpace(bytes, colon + 1) : -1;
}

/** For each array or object that is open the byte that closes it. */
const closers = new Uint8Array(JSON_DEPTH);

/** An array or object that stands in `outer` others. */
export function skipNested(bytes: Uint8Array, at: number, outer: number): number {
  let depth = outer;
  let next = at;
  while (next >= 0) {
    const byte = bytes[next];
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (depth === JSON_DEPTH) return -1;
      const closer = byte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
      closers[depth++] = closer;
      next = skipSpace(bytes, next + 1);
      if (bytes[next] !== closer) {
        if (closer === CLOSE_BRACE) next = skipName(bytes, next);
        continue;
      }
    } else {
      next = skipScalar(bytes, next);
      if (next < 0) return -1;
      next = skipSpace(bytes, next);
    }
    // Behind a value, or at the bracket that closes an empty array or object.
    while (bytes[next] === closers[depth - 1]) {
      next++;
      if (--depth === outer) return next;
      next = skipSpace(bytes, next);
    }
    if (bytes[next] !== COMMA) return -1;
    next = skipSpace(bytes, next + 1);
    if (closers[depth - 1] === CLOSE_BRACE) next = skipName(bytes, next);
  }
  return -1;
}
