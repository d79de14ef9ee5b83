import type { ExprCast } from 'pgsql-ast-parser';
import { analyze } from './analyze.js';
import { constant, fault, make, nameOf, type Scope, settle, TEXT, typeOf } from './scope.js';
import { type Cast, isNumber, type Node, type NodeType } from './tree.js';

const NAMES: Record<string, Cast['to']> = {
  text: 'text',
  integer: 'integer',
  int: 'integer',
  int4: 'integer',
  bigint: 'bigint',
  int8: 'bigint',
  decimal: 'decimal',
  numeric: 'decimal',
  boolean: 'boolean',
  bool: 'boolean',
  date: 'date',
  timestamp: 'timestamp',
};

/** PostgreSQL's bounds. */
const PRECISION_MAX = 1000;

const NUMBERS = ['integer', 'bigint', 'decimal'];
/** From which kinds a cast goes, besides from text and to text. */
const FROM: Record<Exclude<Cast['to'], 'text'>, string[]> = {
  integer: [...NUMBERS, 'boolean'],
  bigint: NUMBERS,
  decimal: NUMBERS,
  boolean: ['boolean', 'integer'],
  date: ['date', 'timestamp'],
  timestamp: ['date', 'timestamp'],
};

/** `x::type`, `cast(x as type)` and `date '2024-01-31'`. */
export function analyzeCast(scope: Scope, expr: ExprCast, at: number): Node {
  const operand = analyze(scope, expr.operand);
  const { to } = expr;
  const name = to.kind === 'array' ? 'array' : to.name;
  const type = to.kind === 'array' || to.schema ? undefined : NAMES[name];
  const offered = 'text, integer, bigint, decimal(p,s), boolean, date and timestamp';
  if (type === undefined) return fault(scope, at, `there is no cast to ${name}; there are ${offered}`);
  const config = to.kind === 'array' ? [] : (to.config ?? []);
  const wrong = configFault(type, config);
  if (wrong !== null) return fault(scope, at, wrong);
  const [precision = null, scale = precision === null ? null : 0] = config;
  return castTo(scope, operand, { to: type, precision, scale, short: false }, at);
}

function configFault(type: Cast['to'], config: number[]): string | null {
  if (config.length === 0) return null;
  const [precision, scale = 0] = config;
  if (type !== 'decimal') return `${type} takes no size in a cast`;
  const fits = precision >= 1 && precision <= PRECISION_MAX && scale >= 0 && scale <= precision && config.length <= 2;
  return fits ? null : `decimal(p,s) takes p from 1 to ${PRECISION_MAX} and s from 0 to p`;
}

function castTo(scope: Scope, operand: Node, cast: Cast, at: number): Node {
  if (cast.to === 'text') return textOf(scope, operand, cast.short);
  const target = targetType(operand, cast);
  if (operand.type.kind === 'unknown') {
    if (operand.op === 'const' && operand.value === null) return { ...operand, type: target };
    const literal = settle(scope, operand, cast.to === 'decimal' ? typeOf('decimal', 0) : target);
    const bounded = cast.to === 'decimal' && cast.precision !== null;
    return bounded ? make(at, target, [literal], { op: 'cast', cast, operand: literal }) : literal;
  }
  const { kind } = operand.type;
  if (kind !== 'text' && !FROM[cast.to].includes(kind)) {
    return fault(scope, at, `there is no cast from ${nameOf(operand.type)} to ${cast.to}`);
  }
  return make(at, target, [operand], { op: 'cast', cast, operand });
}

function targetType({ type }: Node, { to, precision, scale }: Cast): NodeType {
  if (to !== 'decimal') return typeOf(to);
  if (precision !== null) return typeOf('decimal', scale);
  return isNumber(type.kind) ? typeOf('decimal', type.scale, type.endless) : typeOf('decimal', null);
}

/** As text, as a cast writes it. @param short booleans as `t` and `f` */
export function textOf(scope: Scope, node: Node, short: boolean): Node {
  const { kind, endless } = node.type;
  if (kind === 'text') return node;
  if (kind === 'unknown') return node.op === 'const' ? constant(node.at, TEXT, node.value) : node;
  if (endless) {
    return fault(scope, node.at, 'this may have endless digits, as a quotient: write round(…, 2) or the like');
  }
  const cast: Cast = { to: 'text', precision: null, scale: null, short };
  return make(node.at, TEXT, [node], { op: 'cast', cast, operand: node });
}
