import type { Expr, ExprCase, ExprRef } from 'pgsql-ast-parser';
import { analyzeCall, analyzeSubstring } from './analyze-calls.js';
import { analyzeCast } from './analyze-casts.js';
import { analyzeExtract } from './analyze-dates.js';
import { analyzeBinary, analyzeTernary, analyzeUnary } from './analyze-operators.js';
import { FILE_COLUMN, kindOfColumn } from './column.js';
import { inRange, readDecimal } from './literals.js';
import { BOOLEAN, constant, expect, fault, make, type Scope, TEXT, typeOf, unite } from './scope.js';
import type { Node } from './tree.js';

const DEEPEST = 250;

/** Gives a parsed expression its types; what is not offered, or does not fit, is a fault in `scope.faults`. */
export function analyze(scope: Scope, expr: Expr): Node {
  if (scope.depth > DEEPEST)
    return fault(scope, placeOf(scope, expr), `more than ${DEEPEST} operations within another`);
  scope.depth++;
  const node = analyzeOne(scope, expr);
  scope.depth--;
  return node;
}

/** Where it begins in the text. */
export function placeOf({ scan }: Scope, expr: Expr): number {
  return scan.origin[expr._location?.start ?? 0] ?? 0;
}

/** The text that the parser made it of. */
export function sourceOf({ scan }: Scope, expr: { _location?: { start: number; end: number } }): string {
  return scan.spaced.slice(expr._location?.start, expr._location?.end);
}

function analyzeOne(scope: Scope, expr: Expr): Node {
  const at = placeOf(scope, expr);
  switch (expr.type) {
    case 'ref':
      return analyzeName(scope, expr, at);
    case 'integer':
    case 'numeric':
      return analyzeNumber(scope, expr, at);
    case 'string':
      return constant(at, typeOf('unknown'), sourceOf(scope, expr).slice(1, -1).replaceAll("''", "'"));
    case 'boolean':
      return constant(at, BOOLEAN, expr.value);
    case 'null':
      return constant(at, typeOf('unknown'), null);
    case 'binary':
      return analyzeBinary(scope, expr, at);
    case 'unary':
      return analyzeUnary(scope, expr, at);
    case 'ternary':
      return analyzeTernary(scope, expr, at);
    case 'case':
      return analyzeCase(scope, expr, at);
    case 'cast':
      return analyzeCast(scope, expr, at);
    case 'call':
      return analyzeCall(scope, expr, at);
    case 'extract':
      return analyzeExtract(scope, expr, at);
    case 'substring':
      return analyzeSubstring(scope, expr, at);
    case 'keyword':
      return fault(
        scope,
        at,
        `${expr.keyword} is not offered, as an expression gives the same whenever it is computed; a column of this name is written "${expr.keyword}"`,
      );
    default:
      return fault(
        scope,
        at,
        `${NOT_OFFERED[expr.type] ?? expr.type} ${NOT_OFFERED[expr.type] ? 'are' : 'is'} not offered in expressions`,
      );
  }
}

const NOT_OFFERED: Record<string, string> = {
  select: 'queries',
  'union all': 'queries',
  union: 'queries',
  with: 'queries',
  values: 'queries',
  array: 'arrays',
  'array select': 'arrays',
  arrayIndex: 'arrays',
  list: 'lists outside of in (…)',
  member: 'members of json',
  parameter: 'parameters',
  constant: 'constants of other types',
};

/** Names in double quotes are taken as they stand; others without regard to case where no column has exactly this name. */
function analyzeName(scope: Scope, expr: ExprRef, at: number): Node {
  const source = sourceOf(scope, expr);
  if (expr.table || expr.name === '*') return fault(scope, at, `${source} is no column: write its name only`);
  const quoted = source.startsWith('"');
  const name = quoted ? source.slice(1, -1).replaceAll('""', '"') : source;
  let index = scope.columns.findIndex((column) => column.name === name);
  if (index < 0 && !quoted) {
    const alike = scope.columns.flatMap((column, at) => (same(column.name, name) ? [at] : []));
    if (alike.length > 1)
      return fault(scope, at, `${name} may be ${listed(scope, alike)}: write it so, in double quotes`);
    index = alike[0] ?? -1;
  }
  if (index < 0 && same(name, FILE_COLUMN)) return make(at, TEXT, false, { op: 'file' });
  if (index < 0) return fault(scope, at, unknownColumn(scope, name));
  scope.used.add(index);
  const column = scope.columns[index];
  const kind = kindOfColumn(column);
  const scale = kind === 'decimal' && column.precision !== null ? column.scale : null;
  return make(at, typeOf(kind, scale), column.nullable, { op: 'column', index });
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
const LISTED = 12;

function listed({ columns }: Scope, indexes: number[]): string {
  return indexes.map((index) => `"${columns[index].name}"`).join(' or ');
}

function unknownColumn(scope: Scope, name: string): string {
  const alike = scope.columns.flatMap((column, at) => (same(column.name, name) ? [at] : []));
  if (alike.length > 0) return `there is no column "${name}": write ${listed(scope, alike)}`;
  const names = scope.columns.map((column) => column.name);
  const rest = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return `there is no column ${name}; there are ${names.slice(0, LISTED).join(', ')}${rest}`;
}

/** From its digits, as the parser makes a double of it. */
function analyzeNumber(scope: Scope, expr: Expr, at: number): Node {
  const source = sourceOf(scope, expr);
  const value = readDecimal(source);
  if (value === null) return fault(scope, at, `${source} is no number`);
  const scale = (source.split('.')[1] ?? '').length;
  if (source.includes('.')) return constant(at, typeOf('decimal', scale), value);
  const kind = inRange(value, 'integer') ? 'integer' : inRange(value, 'bigint') ? 'bigint' : 'decimal';
  return constant(at, typeOf(kind, 0), value);
}

function analyzeCase(scope: Scope, expr: ExprCase, at: number): Node {
  const subject = expr.value ? analyze(scope, expr.value) : null;
  const conditions = expr.whens.map(({ when }) => analyze(scope, when));
  const results = expr.whens.map(({ value }) => analyze(scope, value));
  if (expr.else) results.push(analyze(scope, expr.else));
  const { nodes, type } = unite(scope, results, 'the results of case');
  if (nodes.length < results.length) return nodes[0];
  const [operand, whens] = matched(scope, subject, conditions);
  if (whens.length < conditions.length) return whens[0];
  const nullable = !expr.else || nodes.some((node) => node.nullable);
  return make(at, type, nullable, {
    op: 'case',
    operand,
    whens: whens.map((when, index) => ({ when, result: nodes[index] })),
    otherwise: expr.else ? nodes[nodes.length - 1] : null,
  });
}

/** The conditions of `case when`, or what `case x when` compares x with. */
function matched(scope: Scope, subject: Node | null, conditions: Node[]): [Node | null, Node[]] {
  if (subject === null) return [null, conditions.map((node) => expect(scope, node, 'boolean', 'when takes'))];
  const { nodes } = unite(scope, [subject, ...conditions], 'case');
  return nodes.length > conditions.length ? [nodes[0], nodes.slice(1)] : [null, nodes.slice(0, 1)];
}
