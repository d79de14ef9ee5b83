import { analyze } from './analyze.js';
import type { ExpressionColumn, ExpressionFault, ExpressionType } from './column.js';
import { fold } from './fold.js';
import { parseExpression } from './parse.js';
import { type Scope, settled, TEXT } from './scope.js';
import type { Node } from './tree.js';

/** What is known of an expression before it meets a row. */
export interface CheckedExpression {
  type: ExpressionType;
  nullable: boolean;
  /** Names of the columns that it reads, in their order. */
  columns: string[];
  /** Empty when it can be compiled; else `type` is not to be relied on. */
  faults: ExpressionFault[];
}

/** Reads an expression and says what it gives, or what is wrong with it and what to write instead. */
export function checkExpression(text: string, columns: ExpressionColumn[]): CheckedExpression {
  const { root, used, faults } = analyzeExpression(text, columns);
  const type = root?.type ?? TEXT;
  return {
    type: { kind: type.kind === 'unknown' ? 'text' : type.kind, scale: type.scale },
    nullable: root?.nullable ?? true,
    columns: used.map((index) => columns[index].name),
    faults,
  };
}

export interface AnalyzedExpression {
  root: Node | null;
  /** Indexes of the columns that it reads, ascending. */
  used: number[];
  faults: ExpressionFault[];
}

export function analyzeExpression(text: string, columns: ExpressionColumn[]): AnalyzedExpression {
  const parsed = parseExpression(text);
  if (parsed.root === null) return { root: null, used: [], faults: parsed.faults };
  const scope: Scope = { scan: parsed.scan, columns, faults: [], used: new Set(), depth: 0 };
  const analyzed = settled(scope, analyze(scope, parsed.root));
  const root = scope.faults.length === 0 ? fold(analyzed, scope.faults) : analyzed;
  const used = [...scope.used].sort((a, b) => a - b);
  return { root: scope.faults.length === 0 ? root : null, used, faults: scope.faults };
}

/** The columns' types that an expression of this type may fill; a filter is a boolean. */
export function fits({ kind }: ExpressionType, type: ExpressionColumn['type']): boolean {
  switch (type) {
    case 'integer':
    case 'bigint':
    case 'decimal':
      return kind === 'integer' || kind === 'bigint' || kind === 'decimal';
    case 'email':
      return kind === 'text';
    case 'text':
      return kind === 'text' || kind === 'json';
    case 'timestamp':
      return kind === 'timestamp' || kind === 'date';
    default:
      return kind === type;
  }
}
