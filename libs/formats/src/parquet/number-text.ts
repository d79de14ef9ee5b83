import { PARQUET_BOUNDS } from './bounds.js';
import { requireThat } from './fault.js';

/** The digits of a decimal, all of its scale. */
export function decimalText(unscaled: bigint | number, scale: number): string {
  const digits = String(unscaled);
  if (scale === 0) return digits;
  const isNegative = digits.startsWith('-');
  const padded = (isNegative ? digits.slice(1) : digits).padStart(scale + 1, '0');
  return `${isNegative ? '-' : ''}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/** A big-endian number in two's complement, of any size. */
export function bigEndian(bytes: Buffer): bigint {
  requireThat(bytes.length <= PARQUET_BOUNDS.decimal_bytes, `a decimal has ${bytes.length} bytes`);
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(8 * bytes.length, BigInt(`0x${bytes.toString('hex')}`));
}

const SMALLEST_NORMAL_FLOAT = 2 ** -126;

/** The shortest literal that is read as the same double again, without an exponent; NaN, Infinity and -Infinity as such. */
export function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : withoutExponent(String(value));
}

/** The shortest literal that gives the same float again. */
export function floatText(value: number): string {
  if (!Number.isFinite(value) || value === 0) return doubleText(value);
  // Six digits tell floats apart, but for the smallest; trailing zeros then fall away.
  for (let digits = Math.abs(value) < SMALLEST_NORMAL_FLOAT ? 1 : 6; digits < 9; digits++) {
    const literal = Number(value.toPrecision(digits));
    if (Math.fround(literal) === value) return doubleText(literal);
  }
  return doubleText(Number(value.toPrecision(9)));
}

function withoutExponent(literal: string): string {
  if (!literal.includes('e')) return literal;
  const [mantissa, exponent] = literal.split('e');
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(mantissa) as RegExpExecArray;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return point >= digits.length
    ? `${sign}${digits.padEnd(point, '0')}`
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** IEEE 754 of 16 bits, low byte first. */
export function halfFloat(bytes: Uint8Array): number {
  const bits = bytes[0] | (bytes[1] << 8);
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
