import type { ExpressionColumn, ExpressionFault, Kind } from './column.js';
import { inRange, readBoolean, readDay, readDecimal, readInstant, readInteger } from './literals.js';
import type { Scan } from './scan.js';
import { isNumber, type Node, type NodeForm, type NodeType, type Value } from './tree.js';

/** What the analysis of one expression works with. */
export interface Scope {
  scan: Scan;
  columns: ExpressionColumn[];
  faults: ExpressionFault[];
  /** Indexes of the columns that are read. */
  used: Set<number>;
  depth: number;
}

export const typeOf = (kind: NodeType['kind'], scale: number | null = null, endless = false): NodeType => ({
  kind,
  scale: kind === 'integer' || kind === 'bigint' ? 0 : scale,
  endless,
});

export const TEXT = typeOf('text');
export const INTEGER = typeOf('integer');
export const BOOLEAN = typeOf('boolean');
export const DATE = typeOf('date');
export const TIMESTAMP = typeOf('timestamp');

/** A node; it may be NULL where one of `from` may. */
export function make(at: number, type: NodeType, from: Node[] | boolean, form: NodeForm): Node {
  const nullable = typeof from === 'boolean' ? from : from.some((node) => node.nullable);
  return { at, type, nullable, ...form };
}

export function constant(at: number, type: NodeType, value: Value): Node {
  return make(at, type, value === null, { op: 'const', value });
}

/** Notes what is wrong; the node that stands for the faulty part fits everywhere, so that it gives no second fault. */
export function fault(scope: Scope, at: number, message: string): Node {
  scope.faults.push({ at, message });
  return constant(at, typeOf('unknown'), null);
}

export function nameOf({ kind, scale }: NodeType): string {
  return kind === 'unknown' ? 'text' : kind === 'decimal' && scale !== null ? `decimal with scale ${scale}` : kind;
}

const READERS: Record<Exclude<Kind, 'json'>, (text: string) => Value> = {
  text: (text) => text,
  integer: (text) => within(text, 'integer'),
  bigint: (text) => within(text, 'bigint'),
  decimal: readDecimal,
  boolean: readBoolean,
  date: readDay,
  timestamp: readInstant,
};

function within(text: string, type: 'integer' | 'bigint'): Value {
  const value = readInteger(text);
  return value && inRange(value, type);
}

const SPELLING: Partial<Record<Kind, string>> = {
  date: " as '2024-01-31'",
  timestamp: " as '2024-01-31 12:30:00'",
  boolean: ' as true or false',
};

/** A literal in quotes, or NULL, as the type that it is needed in. */
export function settle(scope: Scope, node: Node, type: NodeType): Node {
  if (node.type.kind !== 'unknown' || type.kind === 'unknown') return node;
  const literal = node.op === 'const' ? node.value : null;
  if (literal === null) return { ...node, type };
  if (type.kind === 'json') return fault(scope, node.at, 'json is compared with nothing: write (…)::text');
  const value = READERS[type.kind](literal as string);
  if (value === null) {
    return fault(scope, node.at, `'${literal}' is no ${type.kind}: write it${SPELLING[type.kind] ?? ' in digits'}`);
  }
  if (!isNumber(type.kind)) return constant(node.at, type, value);
  const digits = (/\.(\d*)/.exec(literal as string)?.[1] ?? '').length;
  return constant(node.at, type.kind === 'decimal' ? typeOf('decimal', digits) : type, value);
}

/** A literal that nothing gives a type is text. */
export const settled = (scope: Scope, node: Node): Node => settle(scope, node, TEXT);

/** As a value of this kind. `what` begins the complaint: `lower() takes`. */
export function expect(scope: Scope, node: Node, kind: Kind, what: string): Node {
  const known = settle(scope, node, typeOf(kind, kind === 'decimal' ? 0 : null));
  if (known.type.kind === kind || known.type.kind === 'unknown') return known;
  if (kind === 'timestamp' && known.type.kind === 'date') return asTimestamp(known);
  const remedy = kind === 'boolean' ? 'write a comparison' : `write (…)::${kind}`;
  return fault(scope, node.at, `${what} ${kind}, and this is ${nameOf(known.type)}: ${remedy}`);
}

/** As a number of any kind. */
export function expectNumber(scope: Scope, node: Node, what: string): Node {
  const known = settle(scope, node, typeOf('decimal', 0));
  if (isNumber(known.type.kind) || known.type.kind === 'unknown') return known;
  return fault(
    scope,
    node.at,
    `${what} a number, and this is ${nameOf(known.type)}: write (…)::decimal(18,2) or the like`,
  );
}

/** As a whole number. */
export function expectInteger(scope: Scope, node: Node, what: string): Node {
  const known = settle(scope, node, INTEGER);
  const { kind, scale } = known.type;
  if (kind === 'integer' || kind === 'bigint' || kind === 'unknown' || (kind === 'decimal' && scale === 0))
    return known;
  return fault(scope, node.at, `${what} a whole number, and this is ${nameOf(known.type)}: write (…)::integer`);
}

export function asTimestamp(node: Node): Node {
  const cast = { to: 'timestamp', precision: null, scale: null, short: false } as const;
  return make(node.at, TIMESTAMP, [node], { op: 'cast', cast, operand: node });
}

/** Brings values together that are compared, or of which one is chosen: numbers with numbers, dates with timestamps. */
export function unite(scope: Scope, nodes: Node[], what: string): { nodes: Node[]; type: NodeType } {
  const known = nodes.filter((node) => node.type.kind !== 'unknown');
  if (known.length === 0) {
    return { nodes: nodes.map((node) => settled(scope, node)), type: TEXT };
  }
  let type = known[0].type;
  for (const node of known.slice(1)) {
    const wider = united(type, node.type);
    if (wider === null) {
      const message = `${what} cannot take ${nameOf(type)} and ${nameOf(node.type)} together: write (…)::text or another cast`;
      return { nodes: [fault(scope, node.at, message)], type: typeOf('unknown') };
    }
    type = wider;
  }
  const fitting = nodes.map((node) => {
    const value = settle(scope, node, type);
    return type.kind === 'timestamp' && value.type.kind === 'date' ? asTimestamp(value) : value;
  });
  // Literals may have brought digits.
  for (const node of fitting) type = united(type, node.type) ?? type;
  return { nodes: fitting, type };
}

const RANK = ['integer', 'bigint', 'decimal'];

function united(a: NodeType, b: NodeType): NodeType | null {
  if (b.kind === 'unknown') return a;
  if (isNumber(a.kind) && isNumber(b.kind)) {
    const kind = RANK[Math.max(RANK.indexOf(a.kind), RANK.indexOf(b.kind))] as Kind;
    const scale = a.scale === null || b.scale === null ? null : Math.max(a.scale, b.scale);
    return typeOf(kind, scale, a.endless || b.endless);
  }
  if (a.kind === b.kind) return a;
  const kinds = [a.kind, b.kind];
  return kinds.includes('date') && kinds.includes('timestamp') ? TIMESTAMP : null;
}
