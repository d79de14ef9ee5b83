import type { Expr, ExprCall, ExprSubstring } from 'pgsql-ast-parser';
import { analyze } from './analyze.js';
import { textOf } from './analyze-casts.js';
import { characters, truncation } from './analyze-dates.js';
import {
  BOOLEAN,
  constant,
  expect,
  expectInteger,
  expectNumber,
  fault,
  INTEGER,
  make,
  type Scope,
  TEXT,
  typeOf,
  unite,
} from './scope.js';
import { isNumber, type Node, type RoundMode, type TextFunction } from './tree.js';

type Build = (scope: Scope, args: Node[], at: number, name: string) => Node;

interface Signature {
  least: number;
  most: number;
  build: Build;
}

/** Texts and whole numbers by position: `t` and `i`. */
function textFunction(fn: TextFunction, params: string, least = params.length): Signature {
  const build: Build = (scope, args, at, name) => {
    const taken = args.map((arg, index) =>
      params[index] === 't'
        ? expect(scope, arg, 'text', `${name}() takes`)
        : expectInteger(scope, arg, `${name}() takes`),
    );
    const type = fn === 'length' || fn === 'strpos' ? INTEGER : fn === 'starts_with' ? BOOLEAN : TEXT;
    return make(at, type, taken, { op: 'text', fn, args: taken });
  };
  return { least, most: params.length, build };
}

function rounding(mode: RoundMode, most: number): Signature {
  const build: Build = (scope, [value, places], at, name) => {
    const operand = expectNumber(scope, value, `${name}() takes`);
    const digits = places === undefined ? 0 : smallInteger(places);
    if (digits === null)
      return fault(scope, places.at, `${name}() takes a number of digits from -30 to 30, written out`);
    return make(at, typeOf('decimal', Math.max(digits, 0)), [operand], { op: 'round', mode, digits, operand });
  };
  return { least: 1, most, build };
}

/** From -30 to 30, as a literal. */
function smallInteger(node: Node): number | null {
  if (node.op === 'neg') {
    const positive = smallInteger(node.operand);
    return positive === null ? null : -positive;
  }
  if (node.op !== 'const' || !isNumber(node.type.kind) || node.value === null) return null;
  const { n, d } = node.value as { n: bigint; d: bigint };
  return d === 1n && n <= 30n && n >= -30n ? Number(n) : null;
}

const choice =
  (fn: 'greatest' | 'least' | 'coalesce'): Build =>
  (scope, args, at, name) => {
    const { nodes, type } = unite(scope, args, `${name}()`);
    if (nodes.length < args.length) return nodes[0];
    const nullable = nodes.every((node) => node.nullable);
    if (fn === 'coalesce') return make(at, type, nullable, { op: 'coalesce', args: nodes });
    if (type.kind === 'json') return fault(scope, at, 'json is not compared: write (…)::text');
    return make(at, type, nullable, { op: 'extreme', fn, args: nodes });
  };

const MANY = 100;

const FUNCTIONS: Record<string, Signature> = {
  abs: { least: 1, most: 1, build: unary('abs') },
  sign: { least: 1, most: 1, build: unary('sign') },
  round: rounding('half_up', 2),
  trunc: rounding('down', 2),
  ceil: rounding('ceil', 1),
  ceiling: rounding('ceil', 1),
  floor: rounding('floor', 1),
  mod: {
    least: 2,
    most: 2,
    build: (scope, args, at, name) => {
      const [left, right] = args.map((arg) => expectNumber(scope, arg, `${name}() takes`));
      const { type } = unite(scope, [left, right], name);
      return make(at, type, [left, right], { op: 'arith', fn: '%', left, right });
    },
  },
  power: { least: 2, most: 2, build: (scope, [base, exponent], at) => powerOf(scope, base, exponent, at) },
  pow: { least: 2, most: 2, build: (scope, [base, exponent], at) => powerOf(scope, base, exponent, at) },
  greatest: { least: 1, most: MANY, build: choice('greatest') },
  least: { least: 1, most: MANY, build: choice('least') },
  coalesce: { least: 1, most: MANY, build: choice('coalesce') },
  nullif: {
    least: 2,
    most: 2,
    build: (scope, args, at) => {
      const { nodes, type } = unite(scope, args, 'nullif()');
      if (nodes.length < 2) return nodes[0];
      if (type.kind === 'json') return fault(scope, at, 'json is not compared: write (…)::text');
      return make(at, nodes[0].type, true, { op: 'nullif', left: nodes[0], right: nodes[1] });
    },
  },
  concat: {
    least: 1,
    most: MANY,
    build: (scope, args, at) => {
      const texts = args.map((arg) => textOf(scope, arg, true));
      return make(at, TEXT, false, { op: 'concat', args: texts });
    },
  },
  lower: textFunction('lower', 't'),
  upper: textFunction('upper', 't'),
  trim: textFunction('trim', 'tt', 1),
  btrim: textFunction('trim', 'tt', 1),
  ltrim: textFunction('ltrim', 'tt', 1),
  rtrim: textFunction('rtrim', 'tt', 1),
  length: textFunction('length', 't'),
  char_length: textFunction('length', 't'),
  substr: textFunction('substr', 'tii', 2),
  substring: textFunction('substr', 'tii', 2),
  left: textFunction('left', 'ti'),
  right: textFunction('right', 'ti'),
  replace: textFunction('replace', 'ttt'),
  split_part: textFunction('split_part', 'tti'),
  starts_with: textFunction('starts_with', 'tt'),
  strpos: textFunction('strpos', 'tt'),
  date_trunc: { least: 2, most: 2, build: truncation },
  to_char: { least: 2, most: 2, build: characters },
  month: {
    least: 1,
    most: 1,
    build: (scope, [date], at) => characters(scope, [date, constant(at, TEXT, 'YYYY-MM')], at),
  },
};

const INSTEAD: Record<string, string> = {
  ifnull: 'coalesce(a, b)',
  isnull: 'a is null',
  nvl: 'coalesce(a, b)',
  if: 'case when … then … else … end',
  iif: 'case when … then … else … end',
  len: 'length(a)',
  ucase: 'upper(a)',
  lcase: 'lower(a)',
  instr: 'strpos(a, b)',
  year: 'extract(year from a)',
  quarter: 'extract(quarter from a)',
  week: 'extract(week from a)',
  day: 'extract(day from a)',
  hour: 'extract(hour from a)',
  date_part: 'extract(year from a)',
  datediff: 'a - b',
  date: 'a::date',
  to_date: 'a::date',
  to_number: 'a::decimal(18,2)',
  to_timestamp: 'a::timestamp',
  mid: 'substr(a, 2, 3)',
  concat_ws: "concat(a, ',', b)",
  regexp_replace: 'replace(a, b, c)',
  avg: 'a measure of a gold table',
  sum: 'a measure of a gold table',
  count: 'a measure of a gold table',
  min: 'least(a, b), or a measure of a gold table',
  max: 'greatest(a, b), or a measure of a gold table',
  any: 'a in (1, 2)',
};

export function analyzeCall(scope: Scope, expr: ExprCall, at: number): Node {
  const name = expr.function.name.toLowerCase();
  const signature = expr.function.schema ? undefined : FUNCTIONS[name];
  if (name === 'position') return analyzePosition(scope, expr, at);
  if (!signature || !Object.hasOwn(FUNCTIONS, name)) {
    const instead = Object.hasOwn(INSTEAD, name)
      ? `: write ${INSTEAD[name]}`
      : `; there are ${Object.keys(FUNCTIONS).join(', ')}, extract, position`;
    return fault(scope, at, `there is no function ${name}()${instead}`);
  }
  if (expr.distinct || expr.orderBy || expr.filter || expr.withinGroup || expr.over) {
    return fault(scope, at, `${name}() is computed from one row: it takes no distinct, filter, order by or over`);
  }
  if (expr.args.length < signature.least || expr.args.length > signature.most) {
    const count = signature.least === signature.most ? signature.least : `${signature.least} to ${signature.most}`;
    return fault(
      scope,
      at,
      `${name}() takes ${count} value${count === 1 ? '' : 's'}, and here are ${expr.args.length}`,
    );
  }
  const faults = scope.faults.length;
  const args = expr.args.map((arg) => analyze(scope, arg));
  return scope.faults.length > faults ? constant(at, typeOf('unknown'), null) : signature.build(scope, args, at, name);
}

function unary(op: 'abs' | 'sign'): Build {
  return (scope, [value], at) => {
    const operand = expectNumber(scope, value, `${op}() takes`);
    const type = op === 'sign' && operand.type.kind === 'decimal' ? typeOf('decimal', 0) : operand.type;
    return make(at, type, [operand], { op, operand });
  };
}

export function powerOf(scope: Scope, base: Node, exponent: Node, at: number): Node {
  const operand = expectNumber(scope, base, 'power() takes');
  const times = smallInteger(exponent);
  if (times === null) return fault(scope, exponent.at, 'a power is a whole number from -30 to 30, written out');
  const { scale, endless } = operand.type;
  const type = typeOf('decimal', scale === null || times < 0 ? null : scale * times, endless || times < 0);
  return make(at, type, [operand], { op: 'power', exponent: times, operand });
}

/** `position(a in b)`, which the parser takes for a comparison. */
function analyzePosition(scope: Scope, expr: ExprCall, at: number): Node {
  const [inner] = expr.args;
  if (expr.args.length !== 1 || inner.type !== 'binary' || inner.op !== 'IN') {
    return fault(scope, at, "write position('x' in a), or strpos(a, 'x')");
  }
  const sides: Expr[] = [inner.right, inner.left];
  const args = sides.map((side) => expect(scope, analyze(scope, side), 'text', 'position() takes'));
  return make(at, INTEGER, args, { op: 'text', fn: 'strpos', args });
}

export function analyzeSubstring(scope: Scope, expr: ExprSubstring, at: number): Node {
  const text = analyze(scope, expr.value);
  const from = expr.from ? analyze(scope, expr.from) : constant(at, INTEGER, { n: 1n, d: 1n });
  const args = [text, from, ...(expr.for ? [analyze(scope, expr.for)] : [])];
  return FUNCTIONS.substring.build(scope, args, at, 'substring');
}
