import { closingQuote, SENTINEL, skipDecimal, skipExponent, skipNested, skipSpace, skipWord } from '@millrace/formats';

const QUOTE = 34;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
const LETTER_E = 101;
const LETTER_U = 117;
const OPEN_BRACE = 123;

/** Digits of a number in a jsonb value, which is a numeric. */
const WHOLE_DIGITS = 131_072;
const FRACTION_DIGITS = 16_383;

/** Whether `bytes[from .. to)` is one JSON text that jsonb takes, white space around it aside. `bytes[to]` is written and restored. */
export function isJson(bytes: Uint8Array, from: number, to: number): boolean {
  const behind = bytes[to];
  bytes[to] = SENTINEL;
  const begin = skipSpace(bytes, from);
  const end = valueEnd(bytes, begin);
  const whole = end >= 0 && skipSpace(bytes, end) === to;
  bytes[to] = behind;
  return whole && isStorable(bytes, begin, end);
}

/** Where the value that begins at `at` ends; -1 when it is none. SENTINEL must stand behind the text. */
export function valueEnd(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return skipNested(bytes, at, 0);
  if (byte === QUOTE) return closingQuote(bytes, at + 1) + 1 || -1;
  if (byte !== MINUS && !isDigit(byte)) return skipWord(bytes, at);
  const end = skipDecimal(bytes, at);
  return end < 0 ? -1 : skipExponent(bytes, end);
}

/** Whether PostgreSQL can hold this valid JSON: no NUL and no half of a surrogate pair in its strings, no endless numbers. */
export function isStorable(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; ) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = storableString(bytes, at + 1);
      if (at < 0) return false;
    } else if (isDigit(byte)) {
      const end = numberEnd(bytes, at, to);
      if (!fitsNumeric(bytes, at, end)) return false;
      at = end;
    } else at++;
  }
  return true;
}

/** Answers where the string ends whose content begins at `from`; -1 when it cannot be stored. */
function storableString(bytes: Uint8Array, from: number): number {
  let high = false;
  for (let at = from; ; ) {
    const byte = bytes[at];
    if (byte === BACKSLASH && bytes[at + 1] === LETTER_U) {
      const code = Number.parseInt(String.fromCharCode(...bytes.subarray(at + 2, at + 6)), 16);
      const low = code >= 0xdc00 && code < 0xe000;
      if (code === 0 || low !== high) return -1;
      high = code >= 0xd800 && code < 0xdc00;
      at += 6;
      continue;
    }
    if (high) return -1;
    if (byte === QUOTE) return at + 1;
    at += byte === BACKSLASH ? 2 : 1;
  }
}

function numberEnd(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const byte = bytes[at];
    if (!isDigit(byte) && byte !== POINT && byte !== PLUS && byte !== MINUS && (byte | 32) !== LETTER_E) break;
    at++;
  }
  return at;
}

function fitsNumeric(bytes: Uint8Array, from: number, to: number): boolean {
  let point = -1;
  let mantissa_end = to;
  for (let at = from; at < to; at++) {
    if (bytes[at] === POINT) point = at;
    else if ((bytes[at] | 32) === LETTER_E) {
      mantissa_end = at;
      break;
    }
  }
  const exponent =
    mantissa_end === to ? 0 : Number(Buffer.from(bytes.subarray(mantissa_end + 1, to)).toString('latin1'));
  const whole = (point < 0 ? mantissa_end : point) - from;
  const fraction = point < 0 ? 0 : mantissa_end - point - 1;
  return whole + exponent <= WHOLE_DIGITS && fraction - exponent <= FRACTION_DIGITS;
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}
