import type { NumberStyle } from '@millrace/dataset';

const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const OPEN = 40;
const CLOSE = 41;
const PERCENT = 37;
const LETTER_E = 101;

/** Blanks that stand between a number and its currency: space, and the two that do not break. */
const BLANKS = [' ', '\u00a0', '\u202f'].map((blank) => Buffer.from(blank));

/** Writes `bytes[from .. to)` as a plain number to `bytes[out ..]`; answers where that ends, -1 for what is no number of the style. */
export type NumberWriter = (bytes: Buffer, from: number, to: number, out: number) => number;

/** What stands around the digits, taken off from both ends. */
interface Frame {
  from: number;
  to: number;
  /** How many signs; a parenthesis around all, and a minus behind, are signs too. */
  signs: number;
  negative: boolean;
  currency: boolean;
  percent: boolean;
}

/**
 * `1.234,50 EUR`, `$ 1,234.50`, `(12)`, `12-` and `12 %`, as the style says: one sign at most, one currency word at most. A percent
 * sign is spelling: 12 % is 12. The plain number never takes more bytes.
 */
export function writeStyledNumber(style: NumberStyle): NumberWriter {
  const decimal = Buffer.from(style.decimal);
  const thousands = style.thousands === null ? null : Buffer.from(style.thousands);
  // The longest first: US$ before $.
  const currency = style.currency.map((word) => Buffer.from(word)).sort((a, b) => b.length - a.length);
  return (bytes, from, to, out) => {
    const frame: Frame = { from, to, signs: 0, negative: false, currency: false, percent: false };
    takeFront(bytes, frame, currency);
    takeBack(bytes, frame, currency, style.percent);
    if (frame.signs > 1 || frame.from >= frame.to) return -1;
    let end = out;
    if (frame.negative) bytes[end++] = MINUS;
    return writeDigits(bytes, frame.from, frame.to, end, decimal, thousands);
  };
}

function takeFront(bytes: Buffer, frame: Frame, currency: Buffer[]): void {
  for (;;) {
    const byte = bytes[frame.from];
    const blank = BLANKS.find((candidate) => standsAt(bytes, candidate, frame.from, frame.to));
    const word = currency.find((candidate) => standsAt(bytes, candidate, frame.from, frame.to));
    if (blank) frame.from += blank.length;
    else if (word && !frame.currency) {
      frame.from += word.length;
      frame.currency = true;
    } else if (frame.from < frame.to && (byte === MINUS || byte === PLUS)) {
      frame.from++;
      frame.signs++;
      frame.negative ||= byte === MINUS;
    } else if (byte === OPEN && frame.to > frame.from + 1 && bytes[frame.to - 1] === CLOSE) {
      frame.from++;
      frame.to--;
      frame.signs++;
      frame.negative = true;
    } else return;
  }
}

function takeBack(bytes: Buffer, frame: Frame, currency: Buffer[], percent: boolean): void {
  for (;;) {
    const byte = bytes[frame.to - 1];
    const blank = BLANKS.find((candidate) =>
      standsAt(bytes, candidate, frame.to - candidate.length, frame.to, frame.from),
    );
    const word = currency.find((candidate) =>
      standsAt(bytes, candidate, frame.to - candidate.length, frame.to, frame.from),
    );
    if (blank) frame.to -= blank.length;
    else if (word && !frame.currency) {
      frame.to -= word.length;
      frame.currency = true;
    } else if (byte === PERCENT && percent && !frame.percent && frame.to > frame.from) {
      frame.to--;
      frame.percent = true;
    } else if (byte === MINUS && frame.to > frame.from) {
      frame.to--;
      frame.signs++;
      frame.negative = true;
    } else return;
  }
}

function standsAt(bytes: Buffer, word: Buffer, at: number, to: number, from = at): boolean {
  if (at < from || at + word.length > to) return false;
  for (let byte = 0; byte < word.length; byte++) if (bytes[at + byte] !== word[byte]) return false;
  return true;
}

/** Digits, in threes where they are grouped, then a fraction, then an exponent. A grouped number does not begin with 0. */
function writeDigits(
  bytes: Buffer,
  from: number,
  to: number,
  begin: number,
  decimal: Buffer,
  thousands: Buffer | null,
): number {
  let at = from;
  let out = begin;
  let group = 0;
  let groups = 0;
  for (;;) {
    while (at < to && isDigit(bytes[at])) {
      bytes[out++] = bytes[at++];
      group++;
    }
    if (groups > 0 ? group !== 3 : group > 3 && thousands && standsAt(bytes, thousands, at, to)) return -1;
    if (!thousands || !standsAt(bytes, thousands, at, to)) break;
    if (groups === 0 && (group === 0 || bytes[from] === ZERO)) return -1;
    groups++;
    group = 0;
    at += thousands.length;
  }
  if (standsAt(bytes, decimal, at, to)) {
    at += decimal.length;
    bytes[out++] = POINT;
    const fraction = at;
    while (at < to && isDigit(bytes[at])) bytes[out++] = bytes[at++];
    if (at === fraction) return -1;
  }
  if (out === begin) return -1;
  return writeExponent(bytes, at, to, out);
}

function writeExponent(bytes: Buffer, from: number, to: number, begin: number): number {
  if (from === to) return begin;
  if ((bytes[from] | 32) !== LETTER_E) return -1;
  let at = from;
  let out = begin;
  bytes[out++] = bytes[at++];
  if (bytes[at] === PLUS || bytes[at] === MINUS) bytes[out++] = bytes[at++];
  const digits = at;
  while (at < to && isDigit(bytes[at])) bytes[out++] = bytes[at++];
  return at === to && at > digits ? out : -1;
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}
