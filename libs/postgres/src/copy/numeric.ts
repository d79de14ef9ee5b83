/**
 * PostgreSQL's binary numeric: ndigits i16, weight i16, sign u16, dscale u16, then digits of base 10000, most significant first.
 * All functions write at `at` and answer where they ended.
 */
const NEGATIVE = 0x4000;
const BASE = 10_000;
const POWERS = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

/** Bytes that `writeScaled` writes at most: |value| < 2^53 has 4 digits of base 10000 before and, at scale 15, 4 after the point. */
export const SCALED_BYTES = 8 + 2 * 8;

/**
 * Writes value / 10^scale.
 * @param value a safe integer
 * @param scale 0 to 15
 * @param dscale digits shown after the point; -1 = as many as the value needs, so that 10.50 and 10.5 are one
 */
export function writeScaled(out: Uint8Array, at: number, value: number, scale: number, dscale: number): number {
  const sign = value < 0 ? NEGATIVE : 0;
  const absolute = value < 0 ? -value : value;
  const unit = POWERS[scale];
  let whole = Math.floor(absolute / unit);
  let fraction = absolute - whole * unit;
  // The quotient of doubles may have been rounded up to the next integer; the product is exact either way.
  if (fraction < 0) {
    whole -= 1;
    fraction += unit;
  }
  const shown = dscale < 0 ? digitsShown(fraction, scale) : dscale;
  let end = at + 8;
  let weight = -1;
  if (whole >= BASE) {
    if (whole >= 1e12) end = digit(out, end, Math.floor(whole / 1e12));
    if (whole >= 1e8) end = digit(out, end, Math.floor(whole / 1e8) % BASE);
    end = digit(out, end, Math.floor(whole / 1e4) % BASE);
    end = digit(out, end, whole % BASE);
    weight = (end - at - 8) / 2 - 1;
  } else if (whole > 0) {
    end = digit(out, end, whole);
    weight = 0;
  }
  // Groups of four after the point; zeros at the end are left out, those in front only lower the weight.
  for (let left = scale; fraction > 0; left -= 4) {
    const group = left > 4 ? Math.floor(fraction / POWERS[left - 4]) : fraction * POWERS[4 - left];
    fraction = left > 4 ? fraction - group * POWERS[left - 4] : 0;
    if (end === at + 8 && group === 0) weight -= 1;
    else end = digit(out, end, group);
  }
  if (end > at + 8) while (out[end - 1] === 0 && out[end - 2] === 0) end -= 2;
  return head(out, at, end, end === at + 8 ? 0 : weight, sign, shown);
}

/** Bytes that `writeLiteral` writes at most. */
export function literalBytes(literal: string): number {
  return 8 + 2 * ((literal.length >> 2) + 2);
}

/** Writes a decimal literal such as -33.3333333 (no exponent), of any length. */
export function writeLiteral(out: Uint8Array, at: number, literal: string): number {
  const sign = literal.charCodeAt(0) === 45 ? NEGATIVE : 0;
  const point = literal.indexOf('.');
  const whole = literal.slice(sign ? 1 : 0, point < 0 ? undefined : point).replace(/^0+/, '');
  const fraction = point < 0 ? '' : withoutZerosAtEnd(literal.slice(point + 1));
  const groups = Math.ceil(whole.length / 4);
  const digits = whole.padStart(groups * 4, '0') + fraction.padEnd(Math.ceil(fraction.length / 4) * 4, '0');
  let end = at + 8;
  let weight = groups - 1;
  for (let from = 0; from < digits.length; from += 4) {
    const group = Number(digits.slice(from, from + 4));
    if (end === at + 8 && group === 0) weight -= 1;
    else end = digit(out, end, group);
  }
  if (end > at + 8) while (out[end - 1] === 0 && out[end - 2] === 0) end -= 2;
  // A scale past what PostgreSQL knows (16383) must be refused by it, not wrap around into a valid one.
  return head(out, at, end, end === at + 8 ? 0 : weight, sign, Math.min(fraction.length, 0x7fff));
}

/** A loop, as /0+$/ takes quadratic time over many zeros that do not stand at the end. */
function withoutZerosAtEnd(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 48) end--;
  return digits.slice(0, end);
}

function digitsShown(fraction: number, scale: number): number {
  let shown = fraction === 0 ? 0 : scale;
  for (let rest = fraction; shown > 0 && rest % 10 === 0; shown--) rest /= 10;
  return shown;
}

function digit(out: Uint8Array, at: number, value: number): number {
  out[at] = value >>> 8;
  out[at + 1] = value;
  return at + 2;
}

function head(out: Uint8Array, at: number, end: number, weight: number, sign: number, dscale: number): number {
  const digits = (end - at - 8) >> 1;
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
