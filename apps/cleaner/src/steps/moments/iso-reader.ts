import { beginMoment, moment } from './moment.js';
import { digitsAt, readFraction, readZone } from './pieces.js';

const SPACE = 32;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const COLON = 58;
const LETTER_T = 116;

/** YYYY-MM-DD. */
export function readIsoDate(bytes: Uint8Array, from: number, to: number): boolean {
  return to - from === 10 && readDate(bytes, from, to);
}

/** ISO 8601: a date, a time behind T or a blank, seconds and their fraction where they are given, and a zone where it is. */
export function readIsoTimestamp(bytes: Uint8Array, from: number, to: number): boolean {
  if (!readDate(bytes, from, to)) return false;
  let at = from + 10;
  if (at === to) return true;
  if ((bytes[at] | 32) !== LETTER_T && bytes[at] !== SPACE) return false;
  moment.hour = digitsAt(bytes, at + 1, to, 2);
  moment.minute = digitsAt(bytes, at + 4, to, 2);
  if (moment.hour < 0 || moment.minute < 0 || bytes[at + 3] !== COLON) return false;
  at += 6;
  if (at < to && bytes[at] === COLON) {
    moment.second = digitsAt(bytes, at + 1, to, 2);
    if (moment.second < 0) return false;
    at += 3;
    if (at < to && (bytes[at] === POINT || bytes[at] === COMMA)) {
      at = readFraction(bytes, at + 1, to, 1, Number.POSITIVE_INFINITY);
      if (at < 0) return false;
    }
  }
  if (at === to) return true;
  return readZone(bytes, bytes[at] === SPACE ? at + 1 : at, to) === to;
}

function readDate(bytes: Uint8Array, from: number, to: number): boolean {
  beginMoment();
  moment.year = digitsAt(bytes, from, to, 4);
  moment.month = digitsAt(bytes, from + 5, to, 2);
  moment.day = digitsAt(bytes, from + 8, to, 2);
  return moment.day >= 0 && moment.year >= 0 && bytes[from + 4] === MINUS && bytes[from + 7] === MINUS;
}
