import { BACKSLASH, LETTER_U } from '../bytes.js';
import { ESCAPED, HEX } from './skip.js';

/** Where the unescaped text ends, and whether it holds what no text column can store: NUL, or half a surrogate pair. */
export const unescaped = { end: 0, dirty: false };

/**
 * Unescapes the content `bytes[from .. close)` of a string that `closingQuote` has accepted to `bytes[to ..]`; sets `unescaped`.
 * It never gets longer. Half a surrogate pair becomes the three bytes that it would have, which are no UTF-8: such a value
 * is invalid, as it is no text, rather than another text.
 */
export function unescapeString(bytes: Uint8Array, from: number, close: number, to: number): void {
  let out = to;
  let dirty = false;
  for (let at = from; at < close; ) {
    const byte = bytes[at];
    if (byte !== BACKSLASH) {
      bytes[out++] = byte;
      at++;
      continue;
    }
    if (bytes[at + 1] !== LETTER_U) {
      bytes[out++] = ESCAPED[bytes[at + 1]];
      at += 2;
      continue;
    }
    let code = hexAt(bytes, at + 2);
    at += 6;
    if (isHigh(code) && at < close && bytes[at] === BACKSLASH && bytes[at + 1] === LETTER_U) {
      const low = hexAt(bytes, at + 2);
      if (isLow(low)) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        at += 6;
      }
    }
    dirty ||= code === 0 || isHigh(code) || isLow(code);
    out = writeUtf8(bytes, out, code);
  }
  unescaped.end = out;
  unescaped.dirty = dirty;
}

const isHigh = (code: number) => code >= 0xd800 && code < 0xdc00;
const isLow = (code: number) => code >= 0xdc00 && code < 0xe000;

function hexAt(bytes: Uint8Array, at: number): number {
  return (HEX[bytes[at]] << 12) | (HEX[bytes[at + 1]] << 8) | (HEX[bytes[at + 2]] << 4) | HEX[bytes[at + 3]];
}

function writeUtf8(bytes: Uint8Array, at: number, code: number): number {
  if (code < 0x80) {
    bytes[at] = code;
    return at + 1;
  }
  const last = 0x80 | (code & 0x3f);
  if (code < 0x800) {
    bytes[at] = 0xc0 | (code >> 6);
    bytes[at + 1] = last;
    return at + 2;
  }
  const third = 0x80 | ((code >> 6) & 0x3f);
  if (code < 0x10000) {
    bytes[at] = 0xe0 | (code >> 12);
    bytes[at + 1] = third;
    bytes[at + 2] = last;
    return at + 3;
  }
  bytes[at] = 0xf0 | (code >> 18);
  bytes[at + 1] = 0x80 | ((code >> 12) & 0x3f);
  bytes[at + 2] = third;
  bytes[at + 3] = last;
  return at + 4;
}
