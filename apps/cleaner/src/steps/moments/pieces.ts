import { moment, REST } from './moment.js';

const PLUS = 43;
const MINUS = 45;
const COLON = 58;
const LETTER_Z = 122;

export function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

/** Exactly `size` digits as a number; -1 when they are not there. */
export function digitsAt(bytes: Uint8Array, at: number, to: number, size: number): number {
  if (at + size > to) return -1;
  let value = 0;
  for (let next = at; next < at + size; next++) {
    if (!isDigit(bytes[next])) return -1;
    value = value * 10 + bytes[next] - 48;
  }
  return value;
}

/** Reads the digits of a fraction, `least` to `most` of them, into `moment`; answers where they end, -1 when they are too few. */
export function readFraction(bytes: Uint8Array, from: number, to: number, least: number, most: number): number {
  let micros = 0;
  let at = from;
  let above = false;
  let first = 0;
  for (; at < to && at - from < most && isDigit(bytes[at]); at++) {
    const digit = bytes[at] - 48;
    const place = at - from;
    if (place < 6) micros = micros * 10 + digit;
    else if (place === 6) first = digit;
    else above ||= digit !== 0;
  }
  if (at - from < least) return -1;
  for (let place = at - from; place < 6; place++) micros *= 10;
  moment.micros = micros;
  moment.rest = restOf(first, above);
  return at;
}

function restOf(first: number, more: boolean): number {
  if (first === 0 && !more) return REST.none;
  if (first < 5) return REST.below_half;
  return first === 5 && !more ? REST.half : REST.above_half;
}

/** Reads Z, +hh, +hhmm or +hh:mm into `moment`; answers where it ends, -1 when it is none. */
export function readZone(bytes: Uint8Array, at: number, to: number): number {
  if (at >= to) return -1;
  if ((bytes[at] | 32) === LETTER_Z) {
    moment.zone = 0;
    return at + 1;
  }
  const sign = bytes[at] === PLUS ? 1 : bytes[at] === MINUS ? -1 : 0;
  const hours = digitsAt(bytes, at + 1, to, 2);
  if (sign === 0 || hours < 0 || hours > 15) return -1;
  let end = at + 3;
  let minutes = 0;
  const minutes_at = end < to && bytes[end] === COLON ? end + 1 : end;
  if (minutes_at > end || (end < to && isDigit(bytes[end]))) {
    minutes = digitsAt(bytes, minutes_at, to, 2);
    if (minutes < 0 || minutes > 59) return -1;
    end = minutes_at + 2;
  }
  moment.zone = sign * (hours * 60 + minutes);
  return end;
}
