/** n / d, d > 0. */
export interface Rational {
  n: bigint;
  d: bigint;
}

/** More digits than a numeric of PostgreSQL has: what grows past it is a failure, lest a row cost seconds. */
const DIGITS_BITS = 500_000;
/** Between these sizes fractions are reduced: below it is not worth it, above it takes too long. */
const REDUCED_BITS = [512, 4096];

/** A value that cannot be computed; its message is for whoever checks an expression of constants. */
export class NotComputable extends Error {}

export const integer = (value: bigint | number): Rational => ({ n: BigInt(value), d: 1n });

export function powerOfTen(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

/** Of a literal such as -12.50. */
export function rationalOf(literal: string): Rational {
  const [whole, fraction = ''] = literal.split('.');
  const digits = BigInt(`0${whole.replace(/^[+-]/, '')}${fraction}`);
  return { n: whole.startsWith('-') ? -digits : digits, d: powerOfTen(fraction.length) };
}

export const add = (a: Rational, b: Rational): Rational =>
  a.d === b.d ? reduced(a.n + b.n, a.d) : reduced(a.n * b.d + b.n * a.d, a.d * b.d);

export const negate = ({ n, d }: Rational): Rational => ({ n: -n, d });

export const multiply = (a: Rational, b: Rational): Rational => reduced(a.n * b.n, a.d * b.d);

/** @throws NotComputable by zero */
export function divide(a: Rational, b: Rational): Rational {
  if (b.n === 0n) throw new NotComputable('division by zero');
  return b.n > 0n ? reduced(a.n * b.d, a.d * b.n) : reduced(-a.n * b.d, a.d * -b.n);
}

/** With the sign of the dividend. @throws NotComputable by zero */
export function remainder(a: Rational, b: Rational): Rational {
  if (b.n === 0n) throw new NotComputable('division by zero');
  return reduced((a.n * b.d) % (b.n * a.d), a.d * b.d);
}

export function power(a: Rational, exponent: number): Rational {
  if (exponent < 0) return divide(integer(1), power(a, -exponent));
  let result = integer(1);
  for (let times = 0; times < exponent; times++) result = multiply(result, a);
  return result;
}

/** Negative when a < b. */
export function compare(a: Rational, b: Rational): number {
  const left = a.d === b.d ? a.n : a.n * b.d;
  const right = a.d === b.d ? b.n : b.n * a.d;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The value times 10^scale, rounded; null when `reject` and there are digits beyond. */
export function scaled(
  { n, d }: Rational,
  scale: number,
  rounding: 'half_up' | 'half_even' | 'down' | 'ceil' | 'floor' | 'reject',
): bigint | null {
  const dividend = scale >= 0 ? n * powerOfTen(scale) : n;
  const divisor = scale >= 0 ? d : d * powerOfTen(-scale);
  const quotient = dividend / divisor;
  const rest = dividend % divisor;
  if (rest === 0n) return quotient;
  const away = rest < 0n ? -1n : 1n;
  const twice = 2n * (rest < 0n ? -rest : rest);
  switch (rounding) {
    case 'reject':
      return null;
    case 'down':
      return quotient;
    case 'ceil':
      return away > 0n ? quotient + 1n : quotient;
    case 'floor':
      return away < 0n ? quotient - 1n : quotient;
    case 'half_up':
      return twice >= divisor ? quotient + away : quotient;
    case 'half_even':
      return twice > divisor || (twice === divisor && quotient % 2n !== 0n) ? quotient + away : quotient;
  }
}

/** As a literal: with `scale` digits behind the point, or, null, as many as it takes. @throws NotComputable when they are endless */
export function literalOf(value: Rational, scale: number | null): string {
  if (scale !== null) return scaledLiteral(scaled(value, scale, 'half_up') as bigint, scale);
  const digits = fractionDigits(value);
  const literal = scaledLiteral(scaled(value, digits, 'down') as bigint, digits);
  return digits > 0 ? literal.replace(/\.?0+$/, '') : literal;
}

export function scaledLiteral(value: bigint, scale: number): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return `${value < 0n ? '-' : ''}${whole}${scale > 0 ? `.${digits.slice(digits.length - scale)}` : ''}`;
}

/** How many digits behind the point it takes, or some more. */
function fractionDigits({ n, d }: Rational): number {
  const twos = stripped(d, 2n);
  const fives = stripped(twos.rest, 5n);
  if (n % fives.rest !== 0n) throw new NotComputable('endless digits');
  return Math.max(twos.times, fives.times);
}

/** Divides by a factor as often as it goes; many times at once first, as denominators may have thousands of digits. */
function stripped(value: bigint, factor: bigint): { rest: bigint; times: number } {
  let rest = value;
  let times = 0;
  for (let step = 4096; step >= 1; step /= 8) {
    const divisor = factor ** BigInt(step);
    for (; rest % divisor === 0n; rest /= divisor) times += step;
  }
  return { rest, times };
}

function reduced(n: bigint, d: bigint): Rational {
  if (d === 1n && n < 1n << 64n && n > -(1n << 64n)) return { n, d };
  const bits = bitsOf(n) + bitsOf(d);
  if (bits > DIGITS_BITS) throw new NotComputable('too many digits');
  if (d === 1n || bits < REDUCED_BITS[0] || bits > REDUCED_BITS[1]) return { n, d };
  const divisor = gcd(n < 0n ? -n : n, d);
  return { n: n / divisor, d: d / divisor };
}

const bitsOf = (value: bigint): number => 4 * value.toString(16).length;

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x === 0n ? 1n : x;
}
