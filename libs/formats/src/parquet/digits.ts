import { civilDate } from '@millrace/contracts';
import { COLON, MINUS, POINT, ZERO } from '../bytes.js';

/** Below it products and remainders of decimals are exact with room to spare. */
export const PLAIN_WHOLE = 2 ** 52;

const BILLION = 1e9;
const DAY_SECONDS = 86_400;
const YEAR_0_DAY = -719_528;
const YEAR_10000_DAY = 2_932_897;
const LETTER_T = 84;

/** The two digits of 0 to 99. */
const PAIRS = new Uint8Array(200);
for (let pair = 0; pair < 100; pair++) {
  PAIRS[2 * pair] = ZERO + Math.floor(pair / 10);
  PAIRS[2 * pair + 1] = ZERO + (pair % 10);
}

/** Writes a whole number from 0 on, up to 2^53 exactly. @returns where it ends */
export function putWhole(bytes: Uint8Array, at: number, value: number): number {
  if (value >= BILLION) {
    const high = Math.floor(value / BILLION);
    return putPadded(bytes, putWhole(bytes, at, high), value - high * BILLION, 9);
  }
  return putPadded(bytes, at, value, digitsOf(value));
}

/** Digits of a number below a billion. */
function digitsOf(value: number): number {
  if (value < 10_000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
  if (value < 1_000_000) return value < 100_000 ? 5 : 6;
  return value < 10_000_000 ? 7 : value < 100_000_000 ? 8 : 9;
}

/** Writes a number below 10^`width` with zeros in front. @param width at most 18 @returns where it ends */
export function putPadded(bytes: Uint8Array, at: number, value: number, width: number): number {
  if (width > 9) {
    const high = Math.floor(value / BILLION);
    return putPadded(bytes, putPadded(bytes, at, high, width - 9), value - high * BILLION, 9);
  }
  const end = at + width;
  let to = end;
  let left = value | 0;
  for (; to - at >= 2; to -= 2) {
    const rest = (left / 100) | 0;
    const pair = 2 * (left - 100 * rest);
    bytes[to - 1] = PAIRS[pair + 1];
    bytes[to - 2] = PAIRS[pair];
    left = rest;
  }
  if (to > at) bytes[at] = ZERO + left;
  return end;
}

/**
 * Writes a whole number of less than PLAIN_WHOLE with a point before its last digits, all of them.
 * @param scale digits behind the point: at most 15
 */
export function putDecimal(bytes: Uint8Array, at: number, value: number, scale: number): number {
  let to = at;
  let left = value;
  if (left < 0) {
    bytes[to++] = MINUS;
    left = -left;
  }
  if (scale === 0) return putWhole(bytes, to, left);
  const unit = UNITS[scale];
  let whole = Math.floor(left / unit);
  let fraction = left - whole * unit;
  // The quotient may have been rounded up to a whole one.
  if (fraction < 0) {
    whole--;
    fraction += unit;
  }
  to = putWhole(bytes, to, whole);
  bytes[to++] = POINT;
  return putPadded(bytes, to, fraction, scale);
}

/** Powers of ten that a double holds. */
export const UNITS = Array.from({ length: 16 }, (_, digits) => Number(`1e${digits}`));

/** Whether a day has a year of four digits. */
export const isPlainDay = (day: number) => day >= YEAR_0_DAY && day < YEAR_10000_DAY;

const civil = { year: 0, month: 0, day: 0 };

/** Writes a day of `isPlainDay` as `YYYY-MM-DD`. */
export function putDate(bytes: Uint8Array, at: number, day: number): number {
  const date = civilDate(day, civil);
  putPadded(bytes, at, date.year, 4);
  bytes[at + 4] = MINUS;
  putPadded(bytes, at + 5, date.month, 2);
  bytes[at + 7] = MINUS;
  return putPadded(bytes, at + 8, date.day, 2);
}

/** Writes `YYYY-MM-DDTHH:MM:SS[.fraction]`, the fraction without its last zeros. @param digits of the fraction: 3, 6 or 9 */
export function putTimestamp(bytes: Uint8Array, at: number, seconds: number, fraction: number, digits: number): number {
  const day = Math.floor(seconds / DAY_SECONDS);
  const second = seconds - day * DAY_SECONDS;
  const minute = (second / 60) | 0;
  const hour = (minute / 60) | 0;
  let to = putDate(bytes, at, day);
  bytes[to] = LETTER_T;
  putPadded(bytes, to + 1, hour, 2);
  bytes[to + 3] = COLON;
  putPadded(bytes, to + 4, minute - 60 * hour, 2);
  bytes[to + 6] = COLON;
  to = putPadded(bytes, to + 7, second - 60 * minute, 2);
  if (fraction === 0) return to;
  bytes[to] = POINT;
  return withoutZeros(bytes, putPadded(bytes, to + 1, fraction, digits));
}

/** Where the digits end when their last zeros are left out; another digit must stand before them. */
export function withoutZeros(bytes: Uint8Array, end: number): number {
  let to = end;
  while (bytes[to - 1] === ZERO) to--;
  return to;
}

/** Whole quotient, rounded down, and rest of a number of 64 bits by one of at most a billion. */
export interface Quotient {
  quotient: number;
  rest: number;
}

/** Divides `high * 2^32 + low` exactly where the quotient is below 2^53. @param high signed or not; @param low unsigned */
export function divide64(high: number, low: number, divisor: number, into: Quotient): void {
  // Long division by digits of 32, 16 and 16 bits: each step is exact in a double.
  const first = Math.floor(high / divisor);
  const second_part = (high - first * divisor) * 65_536 + (low >>> 16);
  const second = Math.floor(second_part / divisor);
  const third_part = (second_part - second * divisor) * 65_536 + (low & 0xffff);
  const third = Math.floor(third_part / divisor);
  into.quotient = first * 2 ** 32 + second * 65_536 + third;
  into.rest = third_part - third * divisor;
}
