import type { Expr, ExprBinary, ExprTernary, ExprUnary } from 'pgsql-ast-parser';
import { analyze, placeOf } from './analyze.js';
import { powerOf } from './analyze-calls.js';
import { textOf } from './analyze-casts.js';
import { likePattern } from './like.js';
import {
  BOOLEAN,
  DATE,
  expect,
  expectInteger,
  expectNumber,
  fault,
  INTEGER,
  make,
  nameOf,
  type Scope,
  settle,
  TEXT,
  typeOf,
  unite,
} from './scope.js';
import { type Comparison, isNumber, type Node, type NodeType } from './tree.js';

const COMPARISONS = ['=', '!=', '<', '<=', '>', '>='];
const PREDICATES = [...COMPARISONS, 'IN', 'NOT IN', 'LIKE', 'NOT LIKE', 'ILIKE', 'NOT ILIKE'];

export function analyzeBinary(scope: Scope, expr: ExprBinary, at: number): Node {
  const { op } = expr;
  const unclear = unclearOperand(scope, expr);
  if (unclear !== null) return fault(scope, at, unclear);
  if (expr.opSchema) return fault(scope, at, 'operators are written without a schema');
  if (op === 'AND' || op === 'OR') {
    const left = expect(scope, analyze(scope, expr.left), 'boolean', `${op.toLowerCase()} takes`);
    const right = expect(scope, analyze(scope, expr.right), 'boolean', `${op.toLowerCase()} takes`);
    return make(at, BOOLEAN, [left, right], { op: op === 'AND' ? 'and' : 'or', left, right });
  }
  if (op === 'IN' || op === 'NOT IN') return analyzeIn(scope, expr, at);
  if (op === 'LIKE' || op === 'NOT LIKE' || op === 'ILIKE' || op === 'NOT ILIKE') return analyzeLike(scope, expr, at);
  const left = analyze(scope, expr.left);
  const right = analyze(scope, expr.right);
  if (COMPARISONS.includes(op)) return compared(scope, op as Comparison, left, right, at);
  if (op === '||') return joined(scope, left, right, at);
  if (op === '^') return powerOf(scope, left, right, at);
  if (op === '+' || op === '-' || op === '*' || op === '/' || op === '%') return arithmetic(scope, op, left, right, at);
  return fault(
    scope,
    at,
    `${op} is not offered; the operators are + - * / % ^ || = <> < <= > >= like in between is and or not`,
  );
}

/**
 * Where the parser groups otherwise than PostgreSQL, or where PostgreSQL refuses, parentheses must say what is meant:
 * comparisons of comparisons, and `a || b + c`.
 */
function unclearOperand(scope: Scope, expr: ExprBinary): string | null {
  const { left, right, op } = expr;
  const grouped = [
    isGrouped(scope, left, 0, startOf(right)),
    isGrouped(scope, right, endOf(left), Number.MAX_SAFE_INTEGER),
  ];
  const loose = [left, right].filter((_, index) => !grouped[index]);
  if (PREDICATES.includes(op) && loose.some(isPredicate)) {
    return `put parentheses around the comparison that ${op.toLowerCase()} stands beside: (a = b) = c`;
  }
  if ((op === '+' || op === '-') && loose.some((side) => side.type === 'binary' && side.op === '||')) {
    return `put parentheses around what ${op} takes: PostgreSQL adds before it joins text with ||`;
  }
  return null;
}

function isPredicate(expr: Expr): boolean {
  if (expr.type === 'binary') return PREDICATES.includes(expr.op);
  return expr.type === 'ternary' || (expr.type === 'unary' && expr.op.startsWith('IS'));
}

const startOf = (expr: Expr): number => expr._location?.start ?? 0;
const endOf = (expr: Expr): number => expr._location?.end ?? 0;

/** Whether parentheses between these offsets enclose it: the parser drops them. */
function isGrouped({ scan }: Scope, expr: Expr, from: number, until: number): boolean {
  for (const [open, close] of scan.closing) {
    if (open >= from && open < startOf(expr) && close >= endOf(expr) && close < until) return true;
  }
  return false;
}

function compared(scope: Scope, fn: Comparison, a: Node, b: Node, at: number): Node {
  const { nodes, type } = unite(scope, [a, b], fn);
  if (nodes.length < 2) return nodes[0];
  if (type.kind === 'json') return fault(scope, at, 'json is not compared: write (…)::text');
  const [left, right] = nodes;
  return make(at, BOOLEAN, nodes, { op: 'compare', fn, left, right });
}

function joined(scope: Scope, a: Node, b: Node, at: number): Node {
  if (![a, b].some(({ type }) => type.kind === 'text' || type.kind === 'unknown')) {
    return fault(scope, at, `|| joins texts, and these are ${nameOf(a.type)} and ${nameOf(b.type)}: write (…)::text`);
  }
  const args = [textOf(scope, a, false), textOf(scope, b, false)];
  // concat() that knows NULL is what both share: a nullable || must not be it.
  return make(at, TEXT, args, { op: 'text', fn: 'join', args });
}

type Arithmetic = '+' | '-' | '*' | '/' | '%';

function arithmetic(scope: Scope, fn: Arithmetic, a: Node, b: Node, at: number): Node {
  const kinds = [a.type.kind, b.type.kind];
  if (kinds.includes('date') && (fn === '+' || fn === '-')) return dayArithmetic(scope, fn, a, b, at);
  if (kinds.includes('timestamp')) {
    return fault(scope, at, 'timestamps are not added or subtracted: write (…)::date, or extract(epoch from …)');
  }
  const [left, right] = bothNumbers(scope, fn, a, b);
  if (left.type.kind === 'unknown' || right.type.kind === 'unknown') return left.type.kind === 'unknown' ? left : right;
  const whole = left.type.kind !== 'decimal' && right.type.kind !== 'decimal';
  const type = arithmeticType(fn, left, right);
  return make(at, type, [left, right], { op: 'arith', fn: fn === '/' && whole ? 'div' : fn, left, right });
}

function bothNumbers(scope: Scope, fn: string, a: Node, b: Node): [Node, Node] {
  const known = a.type.kind === 'unknown' ? b.type : a.type;
  const type = isNumber(known.kind) ? known : typeOf('decimal', 0);
  return [
    expectNumber(scope, settle(scope, a, type), `${fn} takes`),
    expectNumber(scope, settle(scope, b, type), `${fn} takes`),
  ];
}

function arithmeticType(fn: Arithmetic, { type: a }: Node, { type: b }: Node): NodeType {
  if (a.kind !== 'decimal' && b.kind !== 'decimal') {
    return a.kind === 'bigint' || b.kind === 'bigint' ? typeOf('bigint') : INTEGER;
  }
  const endless = a.endless || b.endless;
  if (fn === '/') return typeOf('decimal', null, true);
  if (a.scale === null || b.scale === null) return typeOf('decimal', null, endless);
  return typeOf('decimal', fn === '*' ? a.scale + b.scale : Math.max(a.scale, b.scale), endless);
}

function dayArithmetic(scope: Scope, fn: '+' | '-', a: Node, b: Node, at: number): Node {
  if (fn === '-' && a.type.kind !== 'date') {
    if (a.type.kind === 'unknown') return dayArithmetic(scope, fn, settle(scope, a, DATE), b, at);
    return fault(scope, at, `a date is not subtracted from ${nameOf(a.type)}`);
  }
  if (fn === '-' && (b.type.kind === 'date' || b.type.kind === 'unknown')) {
    const [left, right] = [a, settle(scope, b, DATE)];
    return make(at, INTEGER, [left, right], { op: 'days', fn: 'between', left, right });
  }
  const [date, days] = a.type.kind === 'date' ? [a, b] : [b, a];
  if (days.type.kind === 'date') return fault(scope, at, 'dates are not added: subtract them, or add days');
  const right = expectInteger(scope, days, `a date ${fn}`);
  return make(at, DATE, [date, right], { op: 'days', fn, left: date, right });
}

function analyzeIn(scope: Scope, expr: ExprBinary, at: number): Node {
  const operand = analyze(scope, expr.left);
  const { right } = expr;
  if (right.type === 'select' || right.type === 'union' || right.type === 'with') {
    return fault(scope, placeOf(scope, right), 'queries are not offered: write the values');
  }
  const items = right.type === 'list' ? right.expressions : [right];
  const { nodes, type } = unite(scope, [operand, ...items.map((item) => analyze(scope, item))], 'in');
  if (nodes.length <= items.length) return nodes[0];
  if (type.kind === 'json') return fault(scope, at, 'json is not compared: write (…)::text');
  return make(at, BOOLEAN, nodes, { op: 'in', operand: nodes[0], list: nodes.slice(1), negated: expr.op === 'NOT IN' });
}

function analyzeLike(scope: Scope, expr: ExprBinary, at: number): Node {
  const operand = expect(scope, analyze(scope, expr.left), 'text', 'like takes');
  const pattern = analyze(scope, expr.right);
  if (pattern.op !== 'const' || typeof pattern.value !== 'string') {
    return fault(
      scope,
      pattern.at,
      "like takes a pattern in quotes, such as 'A%': for other texts write starts_with() or strpos()",
    );
  }
  const compiled = likePattern(pattern.value, expr.op.endsWith('ILIKE'));
  if (compiled === null) return fault(scope, pattern.at, 'a pattern does not end with a backslash: write two');
  return make(at, BOOLEAN, [operand], { op: 'like', operand, pattern: compiled, negated: expr.op.startsWith('NOT') });
}

export function analyzeTernary(scope: Scope, expr: ExprTernary, at: number): Node {
  const inner = [expr.value, expr.lo, expr.hi];
  const grouped = [
    isGrouped(scope, expr.value, 0, startOf(expr.lo)),
    isGrouped(scope, expr.lo, endOf(expr.value), startOf(expr.hi)),
    isGrouped(scope, expr.hi, endOf(expr.lo), Number.MAX_SAFE_INTEGER),
  ];
  if (inner.some((side, index) => !grouped[index] && isPredicate(side))) {
    return fault(scope, at, 'put parentheses around the comparison that between stands beside');
  }
  const { nodes, type } = unite(
    scope,
    inner.map((side) => analyze(scope, side)),
    'between',
  );
  if (nodes.length < 3) return nodes[0];
  if (type.kind === 'json') return fault(scope, at, 'json is not compared: write (…)::text');
  const [operand, low, high] = nodes;
  return make(at, BOOLEAN, nodes, { op: 'between', operand, low, high, negated: expr.op === 'NOT BETWEEN' });
}

export function analyzeUnary(scope: Scope, expr: ExprUnary, at: number): Node {
  const operand = analyze(scope, expr.operand);
  switch (expr.op) {
    case '+':
      return expectNumber(scope, operand, '+ takes');
    case '-': {
      const number = expectNumber(scope, operand, '- takes');
      return make(at, number.type, [number], { op: 'neg', operand: number });
    }
    case 'NOT': {
      const condition = expect(scope, operand, 'boolean', 'not takes');
      return make(at, BOOLEAN, [condition], { op: 'not', operand: condition });
    }
    case 'IS NULL':
    case 'IS NOT NULL':
      return make(at, BOOLEAN, false, { op: 'is', what: 'null', negated: expr.op === 'IS NOT NULL', operand });
    case 'IS TRUE':
    case 'IS NOT TRUE':
    case 'IS FALSE':
    case 'IS NOT FALSE': {
      const condition = expect(scope, operand, 'boolean', 'is true takes');
      const what = expr.op.endsWith('TRUE') ? 'true' : 'false';
      return make(at, BOOLEAN, false, { op: 'is', what, negated: expr.op.includes('NOT'), operand: condition });
    }
    default:
      return fault(scope, at, `${expr.op} is not offered`);
  }
}
