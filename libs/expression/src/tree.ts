import type { Kind } from './column.js';
import type { LikePattern } from './like.js';
import type { Rational } from './rational.js';

/**
 * A checked expression: every node has its type, and what SQL leaves implicit (casts of literals, dates compared with timestamps)
 * is written out. Both evaluators, the exact one and the generated one, work from it.
 */
export type Node = NodeBase & NodeForm;

export interface NodeBase {
  type: NodeType;
  nullable: boolean;
  /** Offset in the text. */
  at: number;
}

export interface NodeType {
  /** `unknown`: a literal in quotes, or NULL, that takes the type of what it meets. */
  kind: Kind | 'unknown';
  scale: number | null;
  /** Whether a value may have endless digits: a quotient. */
  endless: boolean;
}

/** Numbers are rationals, dates days since 1970, timestamps microseconds since then. */
export type Value = null | boolean | string | Rational | number | bigint;

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';
export type RoundMode = 'half_up' | 'half_even' | 'down' | 'ceil' | 'floor';

export type NodeForm =
  | { op: 'const'; value: Value }
  | { op: 'column'; index: number }
  | { op: 'file' }
  /** `div`: of integers, toward zero. */
  | { op: 'arith'; fn: '+' | '-' | '*' | '/' | 'div' | '%'; left: Node; right: Node }
  | { op: 'neg' | 'abs' | 'sign'; operand: Node }
  | { op: 'round'; mode: RoundMode; digits: number; operand: Node }
  | { op: 'power'; operand: Node; exponent: number }
  /** A date and days, or two dates. */
  | { op: 'days'; fn: '+' | '-' | 'between'; left: Node; right: Node }
  | { op: 'compare'; fn: Comparison; left: Node; right: Node }
  | { op: 'between'; operand: Node; low: Node; high: Node; negated: boolean }
  | { op: 'in'; operand: Node; list: Node[]; negated: boolean }
  | { op: 'and' | 'or'; left: Node; right: Node }
  | { op: 'not'; operand: Node }
  | { op: 'is'; what: 'null' | 'true' | 'false'; negated: boolean; operand: Node }
  | { op: 'case'; operand: Node | null; whens: { when: Node; result: Node }[]; otherwise: Node | null }
  | { op: 'coalesce'; args: Node[] }
  | { op: 'nullif'; left: Node; right: Node }
  | { op: 'extreme'; fn: 'greatest' | 'least'; args: Node[] }
  /** NULL arguments count as empty. */
  | { op: 'concat'; args: Node[] }
  | { op: 'like'; operand: Node; pattern: LikePattern; negated: boolean }
  /** A function of texts and integers. */
  | { op: 'text'; fn: TextFunction; args: Node[] }
  /** A function of a date or timestamp. */
  | { op: 'calendar'; fn: 'trunc' | 'extract' | 'to_char'; field: string; operand: Node }
  | { op: 'cast'; cast: Cast; operand: Node };

export type TextFunction =
  | 'lower'
  | 'upper'
  | 'trim'
  | 'ltrim'
  | 'rtrim'
  | 'length'
  | 'substr'
  | 'left'
  | 'right'
  | 'replace'
  | 'split_part'
  | 'starts_with'
  | 'strpos'
  | 'join';

/** To a type; decimals with their bounds. */
export interface Cast {
  to: 'text' | 'integer' | 'bigint' | 'decimal' | 'boolean' | 'date' | 'timestamp';
  precision: number | null;
  scale: number | null;
  /** `true` as `t`, as concat() writes it. */
  short: boolean;
}

/** The nodes directly below one. */
export function childrenOf(node: Node): Node[] {
  switch (node.op) {
    case 'const':
    case 'column':
    case 'file':
      return [];
    case 'arith':
    case 'days':
    case 'compare':
    case 'and':
    case 'or':
    case 'nullif':
      return [node.left, node.right];
    case 'between':
      return [node.operand, node.low, node.high];
    case 'in':
      return [node.operand, ...node.list];
    case 'case':
      return [node.operand, ...node.whens.flatMap(({ when, result }) => [when, result]), node.otherwise].filter(
        (child) => child !== null,
      );
    case 'coalesce':
    case 'extreme':
    case 'concat':
    case 'text':
      return node.args;
    default:
      return [node.operand];
  }
}

export const isNumber = (kind: NodeType['kind']): boolean =>
  kind === 'integer' || kind === 'bigint' || kind === 'decimal';
