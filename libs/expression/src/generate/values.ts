import type { Rational } from '../rational.js';
import type { NodeType, Value } from '../tree.js';
import { isNumber, type Node } from '../tree.js';
import { LANE_MAX } from '../vectors.js';
import { emitCalendar, emitCast, emitDays, emitText } from './calls.js';
import type { Loads } from './columns.js';
import {
  emitBetween,
  emitCase,
  emitCoalesce,
  emitExtreme,
  emitIn,
  emitIs,
  emitLogic,
  emitNullif,
} from './conditions.js';
import { anyNull, type Emitted, type Emitter, literal, NotFast, number, plain } from './emitter.js';
import {
  comparedNumbers,
  comparedPlain,
  emitPower,
  emitProduct,
  emitQuotient,
  emitRemainder,
  emitRounded,
  emitSum,
  emitWholeQuotient,
} from './numbers.js';
import { emitOnce } from './once.js';

/** What the parts of the generator hand on. */
export interface Generation {
  emitter: Emitter;
  loads: Loads;
  /** Within what is computed once a chunk or a dictionary's entry. */
  once?: boolean;
}

/** Writes the code of an expression's value. @throws NotFast */
export function emitValue(gen: Generation, node: Node): Emitted {
  return emitOnce(gen, node) ?? emitEach(gen, node);
}

/** The code that computes it for each row. */
export function emitEach(gen: Generation, node: Node): Emitted {
  const { emitter } = gen;
  switch (node.op) {
    case 'const':
      return emitConstant(node.type, node.value);
    case 'column':
      return gen.loads.column(node.index);
    case 'file':
      return plain('file', 'false');
    case 'arith':
      return emitArithmetic(gen, node);
    case 'neg':
    case 'abs':
    case 'sign':
      return emitSigned(gen, node);
    case 'round':
      return emitRound(gen, node);
    case 'power':
      return emitPower(emitter, emitValue(gen, node.operand), node.exponent);
    case 'days':
      return emitDays(gen, node);
    case 'compare': {
      const left = emitValue(gen, node.left);
      const right = emitValue(gen, node.right);
      const isnull = anyNull(emitter, left, right);
      return plain(emitter.let(comparison(emitter, node.fn, node.left.type, left, right)), isnull);
    }
    case 'and':
    case 'or':
      return emitLogic(gen, node);
    case 'not': {
      const value = emitValue(gen, node.operand);
      return plain(`!${value.value}`, value.isnull);
    }
    case 'is':
      return emitIs(gen, node);
    case 'between':
      return emitBetween(gen, node);
    case 'in':
      return emitIn(gen, node);
    case 'case':
      return emitCase(gen, node);
    case 'coalesce':
      return emitCoalesce(gen, node);
    case 'nullif':
      return emitNullif(gen, node);
    case 'extreme':
      return emitExtreme(gen, node);
    case 'concat': {
      const values = node.args.map((arg) => emitValue(gen, arg));
      const texts = values.map(({ value, isnull }) => (isnull === 'false' ? value : `(${isnull} ? '' : ${value})`));
      return plain(emitter.let(['""', ...texts].join(' + ')), 'false');
    }
    case 'like': {
      const { value, isnull } = emitValue(gen, node.operand);
      const matches = `rt.matchesLike(${value}, ${emitter.constant(node.pattern)})`;
      return plain(emitter.let(`${node.negated ? '!' : ''}${matches}`), isnull);
    }
    case 'text':
      return emitText(gen, node);
    case 'calendar':
      return emitCalendar(gen, node);
    case 'cast':
      return emitCast(gen, node);
  }
}

/** A condition on two values of one type, as an expression of the code. */
export function comparison(
  emitter: Emitter,
  fn: Parameters<typeof comparedPlain>[0],
  { kind }: NodeType,
  left: Emitted,
  right: Emitted,
): string {
  if (isNumber(kind)) return comparedNumbers(emitter, fn, left, right);
  return comparedPlain(fn, kind, left.value, right.value);
}

/** What stands in the code for a value that is NULL. */
export function emptyOf({ kind }: NodeType): string {
  return kind === 'boolean' ? 'false' : kind === 'text' || kind === 'json' || kind === 'unknown' ? "''" : '0';
}

function emitConstant(type: NodeType, value: Value): Emitted {
  if (value === null) return isNumber(type.kind) ? number('0', 'true', 0, 0) : plain(emptyOf(type), 'true');
  if (typeof value === 'object') return emitRational(value, type);
  if (typeof value === 'bigint') return plain(literal(safe(value), 0).value, 'false');
  return typeof value === 'number' ? plain(literal(value, 0).value, 'false') : plain(JSON.stringify(value), 'false');
}

/** Decimals with as few digits as they take: what is multiplied with them stays small. */
function emitRational({ n, d }: Rational, { scale }: NodeType): Emitted {
  for (let digits = 0; digits <= (scale ?? 15) && digits <= 15; digits++) {
    const ten = 10n ** BigInt(digits);
    if ((n * ten) % d === 0n) return literal(safe((n * ten) / d), digits);
  }
  return {
    ...number(literal(safe(n), 0).value, 'false', 0, Math.abs(safe(n))),
    den: String(safe(d)),
    den_max: safe(d),
  };
}

function safe(value: bigint): number {
  if (value > LANE_MAX || value < -LANE_MAX) throw new NotFast();
  return Number(value);
}

function emitArithmetic(gen: Generation, node: Extract<Node, { op: 'arith' }>): Emitted {
  const { emitter } = gen;
  const left = emitValue(gen, node.left);
  const right = emitValue(gen, node.right);
  switch (node.fn) {
    case '+':
    case '-':
      return emitSum(emitter, node.fn, left, right);
    case '*':
      return emitProduct(emitter, left, right);
    case '/':
      return emitQuotient(emitter, left, right);
    case 'div':
      return emitWholeQuotient(emitter, left, right);
    case '%':
      return emitRemainder(emitter, left, right);
  }
}

function emitSigned(gen: Generation, node: Extract<Node, { op: 'neg' | 'abs' | 'sign' }>): Emitted {
  const { emitter } = gen;
  const value = emitValue(gen, node.operand);
  if (node.op === 'sign') return number(emitter.let(`Math.sign(${value.value})`), value.isnull, 0, 1);
  const code = node.op === 'neg' ? `-${value.value}` : `Math.abs(${value.value})`;
  return { ...value, value: emitter.let(code), literal: null };
}

function emitRound(gen: Generation, { operand, mode, digits }: Extract<Node, { op: 'round' }>): Emitted {
  const { emitter } = gen;
  const value = emitValue(gen, operand);
  if (digits >= 0) {
    if (value.den === null && value.scale <= digits) return value;
    return emitRounded(emitter, value, digits, mode);
  }
  // To tens: as of a value that is so much smaller.
  const tens = emitRounded(emitter, { ...value, scale: value.scale - digits }, 0, mode);
  return emitProduct(emitter, tens, literal(10 ** -digits, 0));
}
