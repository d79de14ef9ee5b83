/**
 * PostgreSQL's binary numeric: ndigits i16, weight i16, sign u16, dscale u16, then digits of base 10000, most significant first.
 * All functions write at `at` and answer where they ended.
 */
const NEGATIVE = 0x4000;
const BASE = 10_000;
const POWERS = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

/** Bytes of the header: what a zero takes. */
const HEAD_BYTES = 8;

/** Bytes that `writeScaled` writes at most: |value| < 2^53 has 5 digits of base 10000 wherever its point is. */
export const SCALED_BYTES = HEAD_BYTES + 2 * 5;

/** Digits of base 10000 of the value in hand, least significant first; those of a fraction end at the point. */
const groups = new Int32Array(8);

/** Bytes of value / 10^scale. @param value a safe integer @param scale 0 to 15 */
export function scaledSize(value: number, scale: number): number {
  const count = split(value < 0 ? -value : value, scale);
  return HEAD_BYTES + 2 * (count - lowest(count));
}

/**
 * Writes value / 10^scale.
 * @param value a safe integer
 * @param scale 0 to 15
 * @param dscale digits shown after the point; -1 = as many as the value needs, so that 10.50 and 10.5 are one
 */
export function writeScaled(view: DataView, at: number, value: number, scale: number, dscale: number): number {
  const count = split(value < 0 ? -value : value, scale);
  const least = lowest(count);
  const fraction = (scale + 3) >> 2;
  const weight = count === 0 ? 0 : count - 1 - fraction;
  const shown = dscale < 0 ? placesOf(least, count, fraction) : dscale;
  view.setInt32(at, ((count - least) << 16) | (weight & 0xffff));
  view.setInt32(at + 4, ((value < 0 ? NEGATIVE : 0) << 16) | shown);
  let end = at + HEAD_BYTES;
  for (let index = count - 1; index >= least; index--, end += 2) view.setInt16(end, groups[index]);
  return end;
}

/** Fills `groups`. @returns how many there are, without zeros in front */
function split(absolute: number, scale: number): number {
  // The digits of the last group that the scale leaves out are zeros.
  const missing = POWERS[-scale & 3];
  const unit = BASE / missing;
  let rest = Math.floor(absolute / unit);
  let last = absolute - rest * unit;
  // The quotient of doubles may have been rounded up to the next integer; the product is exact either way.
  if (last < 0) {
    rest -= 1;
    last += unit;
  }
  groups[0] = last * missing;
  if (rest < BASE) {
    groups[1] = rest;
    return rest > 0 ? 2 : last > 0 ? 1 : 0;
  }
  if (rest < 1e8) {
    groups[2] = (rest / BASE) | 0;
    groups[1] = rest - groups[2] * BASE;
    return 3;
  }
  const high = Math.floor(rest / 1e8);
  const low = rest - high * 1e8;
  groups[4] = (high / BASE) | 0;
  groups[3] = high - groups[4] * BASE;
  groups[2] = (low / BASE) | 0;
  groups[1] = low - groups[2] * BASE;
  return groups[4] > 0 ? 5 : 4;
}

/** The least significant group that is not zero. */
function lowest(count: number): number {
  let index = 0;
  while (index < count && groups[index] === 0) index++;
  return index;
}

/** Digits after the point without zeros at their end. */
function placesOf(least: number, count: number, fraction: number): number {
  if (least >= fraction || least === count) return 0;
  let places = (fraction - least) * 4;
  for (let group = groups[least]; group % 10 === 0; group /= 10) places--;
  return places;
}

/** Bytes that `writeLiteral` writes at most. */
export function literalBytes(literal: string): number {
  return HEAD_BYTES + 2 * ((literal.length >> 2) + 2);
}

/** Bytes that `writeLiteral` writes. */
export function literalSize(literal: string): number {
  return writeLiteral(Buffer.allocUnsafe(literalBytes(literal)), 0, literal);
}

/**
 * Writes a decimal literal such as -33.3333333 (no exponent), of any length.
 * @param dscale digits shown after the point; by default, as many as the value needs
 */
export function writeLiteral(out: Uint8Array, at: number, literal: string, dscale = -1): number {
  const sign = literal.charCodeAt(0) === 45 ? NEGATIVE : 0;
  const point = literal.indexOf('.');
  const whole = literal.slice(sign ? 1 : 0, point < 0 ? undefined : point).replace(/^0+/, '');
  const fraction = point < 0 ? '' : withoutZerosAtEnd(literal.slice(point + 1));
  const wholes = Math.ceil(whole.length / 4);
  const digits = whole.padStart(wholes * 4, '0') + fraction.padEnd(Math.ceil(fraction.length / 4) * 4, '0');
  let end = at + HEAD_BYTES;
  let weight = wholes - 1;
  for (let from = 0; from < digits.length; from += 4) {
    const group = Number(digits.slice(from, from + 4));
    if (end === at + HEAD_BYTES && group === 0) weight -= 1;
    else end = digit(out, end, group);
  }
  if (end > at + HEAD_BYTES) while (out[end - 1] === 0 && out[end - 2] === 0) end -= 2;
  const shown = dscale < 0 ? fraction.length : dscale;
  // A scale past what PostgreSQL knows (16383) must be refused by it, not wrap around into a valid one.
  return head(out, at, end, end === at + HEAD_BYTES ? 0 : weight, sign, Math.min(shown, 0x7fff));
}

/** A loop, as /0+$/ takes quadratic time over many zeros that do not stand at the end. */
function withoutZerosAtEnd(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 48) end--;
  return digits.slice(0, end);
}

function digit(out: Uint8Array, at: number, value: number): number {
  out[at] = value >>> 8;
  out[at + 1] = value;
  return at + 2;
}

function head(out: Uint8Array, at: number, end: number, weight: number, sign: number, dscale: number): number {
  const digits = (end - at - HEAD_BYTES) >> 1;
  out[at] = digits >>> 8;
  out[at + 1] = digits;
  out[at + 2] = weight >>> 8;
  out[at + 3] = weight;
  out[at + 4] = (digits === 0 ? 0 : sign) >>> 8;
  out[at + 5] = 0;
  out[at + 6] = dscale >>> 8;
  out[at + 7] = dscale;
  return end;
}
