import { MINUS, NINE, POINT, ZERO } from '../bytes.js';

/** The longest plain literal that an exponent is resolved to. Every double that a JSON writer can print fits. */
export const PLAIN_NUMBER_BYTES = 400;

/** Beyond it the exponent alone makes the literal too long, however many digits stand before it. */
const EXPONENT_LIMIT = 2 ** 31;

/**
 * Writes the JSON number with an exponent at `bytes[from .. end)` to `bytes[to ..]` without one: the same value exactly, without
 * leading zeros and zeros at the end of its fraction (1.50e1 gives 15, 1e-2 gives 0.01).
 * @returns where it ends; -1, and nothing is written, when it would take more than PLAIN_NUMBER_BYTES
 */
export function writePlainNumber(bytes: Uint8Array, from: number, end: number, to: number): number {
  const negative = bytes[from] === MINUS;
  // Positions in the literal: of the first and the last digit that is not 0, and of the point.
  let first = -1;
  let last = -1;
  let point = -1;
  let digits = 0;
  let digits_to_point = -1;
  let digits_to_first = 0;
  let at = negative ? from + 1 : from;
  for (; bytes[at] === POINT || (bytes[at] >= ZERO && bytes[at] <= NINE); at++) {
    if (bytes[at] === POINT) {
      point = at;
      digits_to_point = digits;
      continue;
    }
    if (bytes[at] !== ZERO) {
      last = at;
      if (first < 0) {
        first = at;
        digits_to_first = digits;
      }
    }
    digits++;
  }
  let out = to;
  if (negative) bytes[out++] = MINUS;
  if (first < 0) {
    bytes[out++] = ZERO;
    return out;
  }
  const significant = last - first + (point > first && point < last ? 0 : 1);
  // The value is 0.(significant digits) * 10^whole.
  const whole = (point < 0 ? digits : digits_to_point) - digits_to_first + exponentAt(bytes, at + 1, end);
  const size = whole <= 0 ? 2 - whole + significant : whole >= significant ? whole : significant + 1;
  if (size + (negative ? 1 : 0) > PLAIN_NUMBER_BYTES) return -1;

  if (whole <= 0) {
    bytes[out++] = ZERO;
    bytes[out++] = POINT;
    for (let zero = whole; zero < 0; zero++) bytes[out++] = ZERO;
  }
  let written = 0;
  for (let digit = first; digit <= last; digit++) {
    if (bytes[digit] === POINT) continue;
    if (whole > 0 && written === whole) bytes[out++] = POINT;
    bytes[out++] = bytes[digit];
    written++;
  }
  for (; written < whole; written++) bytes[out++] = ZERO;
  return out;
}

function exponentAt(bytes: Uint8Array, from: number, end: number): number {
  const negative = bytes[from] === MINUS;
  let value = 0;
  for (let at = from; at < end; at++) {
    const digit = bytes[at] - ZERO;
    if (digit >= 0 && digit <= 9 && value < EXPONENT_LIMIT) value = value * 10 + digit;
  }
  return negative ? -value : value;
}
