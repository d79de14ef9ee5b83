import { type Expr, parse } from 'pgsql-ast-parser';
import type { ExpressionFault } from './column.js';
import { type Scan, scanExpression } from './scan.js';

/** An expression as the parser reads it. Offsets in it are those of `scan.spaced`. */
export interface Parsed {
  root: Expr | null;
  scan: Scan;
  faults: ExpressionFault[];
}

/** Parses an expression of PostgreSQL; `root` is null when there are faults. */
export function parseExpression(text: string): Parsed {
  const scan = scanExpression(text);
  const failed = (at: number, message: string): Parsed => ({ root: null, scan, faults: [{ at, message }] });
  if (scan.faults.length > 0) return { root: null, scan, faults: scan.faults };
  if (text.trim() === '') return failed(0, 'there is no expression');
  try {
    const parsed = parse(scan.spaced, { entry: 'expr', locationTracking: true }) as unknown as Expr[];
    const [root] = parsed;
    if (parsed.length !== 1 || !root) return failed(0, 'this is no single expression');
    return { root, scan, faults: [] };
  } catch (error) {
    return failed(...syntaxFault(error as ParserError, scan, text));
  }
}

interface ParserError extends Error {
  token?: { offset?: number; text?: string; type?: string };
}

function syntaxFault(error: ParserError, scan: Scan, text: string): [number, string] {
  const place = /line (\d+) col (\d+)/.exec(error.message);
  const offset = error.token?.offset ?? (place ? offsetOf(scan.spaced, Number(place[1]), Number(place[2])) : -1);
  if (offset < 0) {
    return [text.trimEnd().length, 'the expression ends too soon, or an operator is missing between two values'];
  }
  const at = scan.origin[offset] ?? text.length;
  const token = error.token?.text ?? text[at];
  const keyword = error.token?.type?.startsWith('kw_') ? `; a column of this name is written "${token}"` : '';
  return [at, `${token} is not expected here${keyword}`];
}

function offsetOf(text: string, line: number, column: number): number {
  let at = 0;
  for (let passed = 1; passed < line; passed++) at = text.indexOf('\n', at) + 1;
  return at + column - 1;
}
