import { extractField, truncDays, truncTime } from './calendar.js';
import { castValue, dayInRange, instantOf, splitInstant } from './exact-casts.js';
import { matchesLike } from './like.js';
import {
  add,
  compare,
  divide,
  integer,
  multiply,
  negate,
  power,
  powerOfTen,
  type Rational,
  remainder,
  scaled,
} from './rational.js';
import { callText } from './text-calls.js';
import { compareText } from './text-functions.js';
import { toChar } from './to-char.js';
import { type Comparison, isNumber, type Node, type NodeType, type Value } from './tree.js';

/** Where the values of columns come from. */
export interface ValueSource {
  value(index: number): Value;
  readonly file: string;
}

type NodeOf<Op extends Node['op']> = Extract<Node, { op: Op }>;

/**
 * The value of an expression, by rationals: what the generated code must agree with, and what computes the rows that it leaves.
 * Conditions are looked at from left to right, and no further than needed.
 * @throws NotComputable for a division by zero, a cast that fails, or what is out of its type's range
 */
export function exactValue(node: Node, source: ValueSource): Value {
  switch (node.op) {
    case 'const':
      return node.value;
    case 'column':
      return source.value(node.index);
    case 'file':
      return source.file;
    case 'and':
    case 'or':
      return logic(node, source);
    case 'not': {
      const value = exactValue(node.operand, source);
      return value === null ? null : !value;
    }
    case 'is': {
      const value = exactValue(node.operand, source);
      const holds = node.what === 'null' ? value === null : value === (node.what === 'true');
      return holds !== node.negated;
    }
    case 'between':
      return between(node, source);
    case 'in':
      return contained(node, source);
    case 'case':
      return chosen(node, source);
    case 'coalesce':
      for (const arg of node.args) {
        const value = exactValue(arg, source);
        if (value !== null) return value;
      }
      return null;
    case 'nullif': {
      const left = exactValue(node.left, source);
      const right = exactValue(node.right, source);
      return left !== null && right !== null && order(node.left.type, left, right) === 0 ? null : left;
    }
    case 'extreme':
      return extreme(node, source);
    case 'concat':
      return node.args.map((arg) => exactValue(arg, source) ?? '').join('');
    default:
      return strictValue(node, source);
  }
}

type Strict = Exclude<
  Node['op'],
  | 'const'
  | 'column'
  | 'file'
  | 'and'
  | 'or'
  | 'not'
  | 'is'
  | 'between'
  | 'in'
  | 'case'
  | 'coalesce'
  | 'nullif'
  | 'extreme'
  | 'concat'
>;

/** What is NULL when an operand is. */
function strictValue(node: NodeOf<Strict>, source: ValueSource): Value {
  if ('left' in node) {
    const left = exactValue(node.left, source);
    const right = exactValue(node.right, source);
    return left === null || right === null ? null : binary(node, left, right);
  }
  if (node.op === 'text') {
    const values = node.args.map((arg) => exactValue(arg, source));
    return values.includes(null) ? null : callText(node.fn, values as NonNullable<Value>[]);
  }
  const value = exactValue(node.operand, source);
  return value === null ? null : unary(node, value);
}

function binary(
  node: NodeOf<'arith' | 'days' | 'compare'>,
  left: NonNullable<Value>,
  right: NonNullable<Value>,
): Value {
  switch (node.op) {
    case 'compare':
      return holds(node.fn, order(node.left.type, left, right));
    case 'days':
      if (node.fn === 'between') return integer((left as number) - (right as number));
      return dayInRange((left as number) + (node.fn === '+' ? 1 : -1) * Number(scaled(right as Rational, 0, 'down')));
    default:
      return arithmetic(node.fn, left as Rational, right as Rational);
  }
}

function arithmetic(fn: NodeOf<'arith'>['fn'], a: Rational, b: Rational): Rational {
  switch (fn) {
    case '+':
      return add(a, b);
    case '-':
      return add(a, negate(b));
    case '*':
      return multiply(a, b);
    case '/':
      return divide(a, b);
    case 'div':
      return integer(scaled(divide(a, b), 0, 'down') as bigint);
    case '%':
      return remainder(a, b);
  }
}

function unary(node: NodeOf<Exclude<Strict, 'arith' | 'days' | 'compare' | 'text'>>, value: NonNullable<Value>): Value {
  const number = value as Rational;
  switch (node.op) {
    case 'neg':
      return negate(number);
    case 'abs':
      return number.n < 0n ? negate(number) : number;
    case 'sign':
      return integer(number.n > 0n ? 1 : number.n < 0n ? -1 : 0);
    case 'round': {
      const result = scaled(number, node.digits, node.mode) as bigint;
      return node.digits < 0 ? integer(result * powerOfTen(-node.digits)) : { n: result, d: powerOfTen(node.digits) };
    }
    case 'power':
      return power(number, node.exponent);
    case 'like':
      return matchesLike(value as string, node.pattern) !== node.negated;
    case 'cast':
      return castValue(value, node.operand.type, node.cast);
    case 'calendar':
      return calendar(node, value as number | bigint);
  }
}

function calendar({ fn, field, operand }: NodeOf<'calendar'>, value: number | bigint): Value {
  const { days, time_us } = typeof value === 'bigint' ? splitInstant(value) : { days: value, time_us: 0 };
  dayInRange(days);
  if (fn === 'to_char') return toChar(field, days, time_us);
  if (fn === 'trunc') {
    const first = truncDays(field, days);
    return operand.type.kind === 'date' ? first : instantOf(first, truncTime(field, time_us));
  }
  if (field === 'second') return { n: BigInt(extractField('second', days, time_us)), d: 1_000_000n };
  if (field === 'epoch' && typeof value === 'bigint') return { n: value, d: 1_000_000n };
  return integer(extractField(field, days, time_us));
}

function logic(node: NodeOf<'and' | 'or'>, source: ValueSource): Value {
  const decisive = node.op === 'or';
  const left = exactValue(node.left, source);
  if (left === decisive) return decisive;
  const right = exactValue(node.right, source);
  if (right === decisive) return decisive;
  return left === null || right === null ? null : !decisive;
}

/** As two comparisons joined with and: the second is looked at unless the first decides. */
function between({ operand, low, high, negated }: NodeOf<'between'>, source: ValueSource): Value {
  const value = exactValue(operand, source);
  const least = exactValue(low, source);
  if (value !== null && least !== null && order(operand.type, value, least) < 0) return negated;
  const most = exactValue(high, source);
  if (value !== null && most !== null && order(operand.type, value, most) > 0) return negated;
  return value === null || least === null || most === null ? null : !negated;
}

/** As comparisons joined with or. */
function contained({ operand, list, negated }: NodeOf<'in'>, source: ValueSource): Value {
  const value = exactValue(operand, source);
  let unknown = value === null;
  for (const item of list) {
    const other = exactValue(item, source);
    if (value === null || other === null) unknown = true;
    else if (order(operand.type, value, other) === 0) return !negated;
  }
  return unknown ? null : negated;
}

function chosen({ operand, whens, otherwise }: NodeOf<'case'>, source: ValueSource): Value {
  const value = operand === null ? null : exactValue(operand, source);
  for (const { when, result } of whens) {
    const condition = exactValue(when, source);
    const taken =
      operand === null
        ? condition === true
        : value !== null && condition !== null && order(operand.type, value, condition) === 0;
    if (taken) return exactValue(result, source);
  }
  return otherwise === null ? null : exactValue(otherwise, source);
}

function extreme({ fn, args, type }: NodeOf<'extreme'>, source: ValueSource): Value {
  let best: Value = null;
  for (const arg of args) {
    const value = exactValue(arg, source);
    if (value === null) continue;
    if (best === null || (fn === 'greatest') === order(type, value, best) > 0) best = value;
  }
  return best;
}

/** Negative when a < b. Both are of one kind. */
export function order({ kind }: NodeType, a: NonNullable<Value>, b: NonNullable<Value>): number {
  if (isNumber(kind)) return compare(a as Rational, b as Rational);
  if (typeof a === 'string') return compareText(a, b as string);
  return a < b ? -1 : a > b ? 1 : 0;
}

function holds(fn: Comparison, difference: number): boolean {
  switch (fn) {
    case '=':
      return difference === 0;
    case '!=':
      return difference !== 0;
    case '<':
      return difference < 0;
    case '<=':
      return difference <= 0;
    case '>':
      return difference > 0;
    case '>=':
      return difference >= 0;
  }
}
