import type { Comparison } from '../tree.js';
import { LANE_MAX } from '../vectors.js';
import { anyNull, type Emitted, type Emitter, literal, NotFast, number, tenTo } from './emitter.js';

/** With `scale` digits behind the point, which are not fewer than it has. */
export function aligned(emitter: Emitter, value: Emitted, scale: number): Emitted {
  const factor = tenTo(scale - value.scale);
  if (factor === 1) return value;
  if (value.literal !== null) {
    const scaled = value.literal * factor;
    if (Math.abs(scaled) > LANE_MAX) throw new NotFast();
    return { ...literal(scaled, scale), isnull: value.isnull };
  }
  const max = value.max * factor;
  return { ...value, value: emitter.exact(`${value.value} * ${factor}`, max), scale, max: Math.min(max, LANE_MAX) };
}

function alignedPair(emitter: Emitter, a: Emitted, b: Emitted): [Emitted, Emitted] {
  const scale = Math.max(a.scale, b.scale);
  return [aligned(emitter, a, scale), aligned(emitter, b, scale)];
}

function product(emitter: Emitter, a: string, a_max: number, b: string, b_max: number): { value: string; max: number } {
  if (a === '1') return { value: b, max: b_max };
  if (b === '1') return { value: a, max: a_max };
  const max = a_max * b_max;
  return { value: emitter.exact(`${a} * ${b}`, max), max: Math.min(max, LANE_MAX) };
}

/** With both over the same denominator. */
function overOne(
  emitter: Emitter,
  a: Emitted,
  b: Emitted,
): { a: string; b: string; max: number; den: string | null; den_max: number } {
  const [left, right] = alignedPair(emitter, a, b);
  if (left.den === right.den) {
    return { a: left.value, b: right.value, max: left.max + right.max, den: left.den, den_max: left.den_max };
  }
  const x = product(emitter, left.value, left.max, right.den ?? '1', right.den_max);
  const y = product(emitter, right.value, right.max, left.den ?? '1', left.den_max);
  const den = product(emitter, left.den ?? '1', left.den_max, right.den ?? '1', right.den_max);
  return { a: x.value, b: y.value, max: x.max + y.max, den: den.value, den_max: den.max };
}

export function emitSum(emitter: Emitter, fn: '+' | '-', left: Emitted, right: Emitted): Emitted {
  const { a, b, max, den, den_max } = overOne(emitter, left, right);
  const value = emitter.exact(`${a} ${fn} ${b}`, max);
  const scale = Math.max(left.scale, right.scale);
  return { ...number(value, anyNull(emitter, left, right), scale, max), den, den_max };
}

export function emitProduct(emitter: Emitter, a: Emitted, b: Emitted): Emitted {
  const { value, max } = product(emitter, a.value, a.max, b.value, b.max);
  const isnull = anyNull(emitter, a, b);
  if (a.den === null && b.den === null) return number(value, isnull, a.scale + b.scale, max);
  const den = product(emitter, a.den ?? '1', a.den_max, b.den ?? '1', b.den_max);
  return { ...number(value, isnull, a.scale + b.scale, max), den: den.value, den_max: den.max };
}

export function emitQuotient(emitter: Emitter, a: Emitted, b: Emitted): Emitted {
  if (b.literal !== null && b.literal !== 0) {
    const factor = decimalInverse(b.literal);
    if (factor !== null) {
      const scale = a.scale + factor.scale - b.scale;
      const scaled = emitProduct(emitter, { ...a, scale: 0 }, literal(factor.value * tenTo(Math.max(-scale, 0)), 0));
      return { ...scaled, scale: Math.max(scale, 0) };
    }
  }
  const isnull = anyNull(emitter, a, b);
  const scale = a.scale - b.scale;
  let top = product(emitter, a.value, a.max, b.den ?? '1', b.den_max);
  if (scale < 0) top = product(emitter, top.value, top.max, String(tenTo(-scale)), tenTo(-scale));
  const bottom = product(emitter, b.value, b.max, a.den ?? '1', a.den_max);
  const { value, den } = emitPositive(emitter, top.value, bottom.value, isnull);
  return { ...number(value, isnull, Math.max(scale, 0), top.max), den, den_max: bottom.max };
}

/** A fraction whose denominator is above 0; by zero is left to the exact evaluator. */
function emitPositive(emitter: Emitter, top: string, bottom: string, isnull: string): { value: string; den: string } {
  const den = emitter.variable(bottom);
  const value = emitter.variable(top);
  const zero = isnull === 'false' ? 'break fast;' : `{ if (!${isnull}) break fast; ${den} = 1; }`;
  emitter.put(`if (${den} === 0) ${zero}`);
  emitter.put(`if (${den} < 0) { ${den} = -${den}; ${value} = -${value}; }`);
  return { value, den };
}

/** 1 / n as value / 10^scale, when n has no other factors than 2 and 5. */
function decimalInverse(n: number): { value: number; scale: number } | null {
  let rest = Math.abs(n);
  let twos = 0;
  let fives = 0;
  for (; rest % 2 === 0; rest /= 2) twos++;
  for (; rest % 5 === 0; rest /= 5) fives++;
  const scale = Math.max(twos, fives);
  return rest === 1 && scale <= 15 ? { value: 10 ** scale / n, scale } : null;
}

/** Of integers, toward zero. */
export function emitWholeQuotient(emitter: Emitter, a: Emitted, b: Emitted): Emitted {
  const isnull = anyNull(emitter, a, b);
  const { value, den } = emitPositive(emitter, a.value, b.value, isnull);
  const fraction = { ...number(value, isnull, 0, a.max), den, den_max: b.max };
  return emitRounded(emitter, fraction, 0, 'down');
}

export function emitRemainder(emitter: Emitter, left: Emitted, right: Emitted): Emitted {
  if (left.den !== null || right.den !== null) throw new NotFast();
  const [a, b] = alignedPair(emitter, left, right);
  const isnull = anyNull(emitter, a, b);
  if (b.literal === null || b.literal === 0)
    emitter.leave(`${b.value} === 0${isnull === 'false' ? '' : ` && !${isnull}`}`);
  const value = emitter.let(`${b.value} === 0 ? 0 : ${a.value} % ${b.value}`);
  return number(value, isnull, a.scale, Math.min(a.max, b.max));
}

export function emitPower(emitter: Emitter, base: Emitted, exponent: number): Emitted {
  if (exponent < 0) return emitQuotient(emitter, literal(1, 0), emitPower(emitter, base, -exponent));
  let result: Emitted = { ...literal(1, 0), isnull: base.isnull };
  for (let times = 0; times < exponent; times++) result = emitProduct(emitter, result, base);
  return { ...result, literal: null };
}

export type Rounding = 'half_up' | 'half_even' | 'down' | 'ceil' | 'floor' | 'reject';

/**
 * The value times 10^scale, rounded. By floored division: its quotient may be one off, which the rest then tells; both are exact
 * while dividend + divisor are within LANE_MAX.
 */
export function emitRounded(emitter: Emitter, value: Emitted, scale: number, mode: Rounding): Emitted {
  if (value.den === null && value.scale <= scale) return aligned(emitter, value, scale);
  const shift = scale - value.scale;
  const top = product(emitter, value.value, value.max, String(tenTo(Math.max(shift, 0))), tenTo(Math.max(shift, 0)));
  const ten = tenTo(Math.max(-shift, 0));
  const bottom = product(emitter, value.den ?? '1', value.den_max, String(ten), ten);
  const [n, d] = [top.value, bottom.value];
  if (top.max + bottom.max > LANE_MAX) {
    const limit = value.den === null ? String(LANE_MAX - ten) : emitter.let(`${LANE_MAX} - ${d}`);
    emitter.leave(`!(${n} <= ${limit} && ${n} >= -${limit})`);
  }
  const q = emitter.variable(`Math.floor(${n} / ${d})`);
  const r = emitter.variable(`${n} - ${q} * ${d}`);
  emitter.put(`if (${r} < 0) { ${q}--; ${r} += ${d}; } else if (${r} >= ${d}) { ${q}++; ${r} -= ${d}; }`);
  emitAdjusted(emitter, mode, { n, d, q, r });
  return number(q, value.isnull, scale, top.max / ten + 1);
}

type Division = Record<'n' | 'd' | 'q' | 'r', string>;

/** The quotient is rounded down so far, the rest from 0 to below the divisor: when it takes one more. */
const ONE_MORE: Record<Exclude<Rounding, 'reject' | 'floor'>, (division: Division) => string> = {
  ceil: ({ r }) => `${r} > 0`,
  down: ({ n, r }) => `${r} > 0 && ${n} < 0`,
  half_up: ({ n, d, r }) => `2 * ${r} > ${d} || (2 * ${r} === ${d} && ${n} >= 0)`,
  half_even: ({ d, q, r }) => `2 * ${r} > ${d} || (2 * ${r} === ${d} && ${q} % 2 !== 0)`,
};

function emitAdjusted(emitter: Emitter, mode: Rounding, division: Division): void {
  if (mode === 'reject') emitter.leave(`${division.r} !== 0`);
  else if (mode !== 'floor') emitter.put(`if (${ONE_MORE[mode](division)}) ${division.q}++;`);
}

const OPERATORS: Record<Comparison, string> = { '=': '===', '!=': '!==', '<': '<', '<=': '<=', '>': '>', '>=': '>=' };

/** A condition on two numbers, as an expression of the code. */
export function comparedNumbers(emitter: Emitter, fn: Comparison, left: Emitted, right: Emitted): string {
  const { a, b } = overOne(emitter, left, right);
  return `${a} ${OPERATORS[fn]} ${b}`;
}

/** A condition on two texts, dates, timestamps or booleans. */
export function comparedPlain(fn: Comparison, kind: string, a: string, b: string): string {
  const ordered = kind === 'text' && fn !== '=' && fn !== '!=';
  return ordered ? `rt.compareText(${a}, ${b}) ${OPERATORS[fn]} 0` : `${a} ${OPERATORS[fn]} ${b}`;
}
