/** Fractions of bigints and nothing else: what the tests hold against both evaluators. Shares no code with them. */
export type Plain = readonly [bigint, bigint];

/** The row has no value. */
export class Failure extends Error {}

export function fraction(n: bigint, d: bigint): Plain {
  if (d === 0n) throw new Failure();
  const sign = d < 0n ? -1n : 1n;
  let [a, b] = [n < 0n ? -n : n, d < 0n ? -d : d];
  while (b > 0n) [a, b] = [b, a % b];
  return [(sign * n) / (a || 1n), (sign * d) / (a || 1n)];
}

export function parse(literal: string): Plain {
  const negative = literal.startsWith('-');
  const [whole, digits = ''] = literal.replace('-', '').split('.');
  const value = BigInt(whole + digits);
  return fraction(negative ? -value : value, 10n ** BigInt(digits.length));
}

export const plus = (a: Plain, b: Plain): Plain => fraction(a[0] * b[1] + b[0] * a[1], a[1] * b[1]);
export const minus = (a: Plain, b: Plain): Plain => fraction(a[0] * b[1] - b[0] * a[1], a[1] * b[1]);
export const times = (a: Plain, b: Plain): Plain => fraction(a[0] * b[0], a[1] * b[1]);
export const over = (a: Plain, b: Plain): Plain => fraction(a[0] * b[1], a[1] * b[0]);
export const isLess = (a: Plain, b: Plain): boolean => a[0] * b[1] < b[0] * a[1];
export const isSame = (a: Plain, b: Plain): boolean => a[0] === b[0] && a[1] === b[1];
export const absolute = (a: Plain): Plain => [a[0] < 0n ? -a[0] : a[0], a[1]];

export const floor = ([n, d]: Plain): Plain => [n >= 0n || n % d === 0n ? n / d : n / d - 1n, 1n];
const half: Plain = [1n, 2n];
const negative = (a: Plain): Plain => [-a[0], a[1]];

export type Mode = 'half_up' | 'half_even' | 'down' | 'floor' | 'ceil';

/** To a multiple of 10^-digits. */
export function roundTo(value: Plain, digits: number, mode: Mode): Plain {
  const unit: Plain = digits >= 0 ? [1n, 10n ** BigInt(digits)] : [10n ** BigInt(-digits), 1n];
  return times(whole(over(value, unit), mode), unit);
}

function whole(value: Plain, mode: Mode): Plain {
  const below = floor(value);
  if (mode === 'floor' || isSame(below, value)) return below;
  if (mode === 'ceil') return plus(below, [1n, 1n]);
  if (mode === 'down') return value[0] < 0n ? plus(below, [1n, 1n]) : below;
  const rest = minus(value, below);
  if (!isSame(rest, half)) return isLess(rest, half) ? below : plus(below, [1n, 1n]);
  if (mode === 'half_up') return value[0] < 0n ? below : plus(below, [1n, 1n]);
  return below[0] % 2n === 0n ? below : plus(below, [1n, 1n]);
}

/** With so many digits behind the point; the value must be a multiple of 10^-digits. */
export function literal(value: Plain, digits: number): string {
  const [n] = times(value, [10n ** BigInt(digits), 1n]);
  const text = absolute([n, 1n])[0]
    .toString()
    .padStart(digits + 1, '0');
  const point = text.length - digits;
  return `${n < 0n ? '-' : ''}${text.slice(0, point)}${digits > 0 ? `.${text.slice(point)}` : ''}`;
}

export { negative };
