import type { ExpressionColumn } from '../column.js';
import type { Node } from '../tree.js';
import type { ExpressionInput, Vector } from '../vectors.js';
import { Loads } from './columns.js';
import { Emitter, NotFast } from './emitter.js';
import { RUNTIME } from './runtime.js';
import { emitStore, type Target } from './store.js';
import { emitValue } from './values.js';

/** Computes all rows of a chunk; `leave` is called for the rows that it does not, `none` for those that are NULL. */
export type RowsFunction = (
  input: ExpressionInput,
  column: Vector,
  texts: (string | null)[],
  leave: (row: number) => void,
  none: (row: number) => void,
) => void;

/**
 * Writes one function for an expression: a loop over the rows without calls or objects where numbers are small.
 * @returns null when the expression has no such form
 */
export function generate(
  root: Node,
  columns: ExpressionColumn[],
  encodings: Vector['encoding'][],
  target: Target,
): RowsFunction | null {
  const emitter = new Emitter();
  const loads = new Loads(emitter, columns, encodings);
  try {
    emitStore(emitter, emitValue({ emitter, loads }, root), target);
  } catch (error) {
    if (error instanceof NotFast) return null;
    throw error;
  }
  const code = functionText(emitter, target);
  // Nothing of a config is in the code but numbers, and text as JSON.
  return new Function('rt', 'k', code)(RUNTIME, emitter.constants) as RowsFunction;
}

function functionText({ chunk, row, lines }: Emitter, { encoding }: Target): string {
  const into = {
    decimal: 'const low = column.low; const high = column.high;',
    integer: 'const values = column.values;',
    date: 'const values = column.values;',
    text: '',
    dictionary: '',
  };
  return `'use strict';
return function rows(input, column, texts, leave, none) {
const { count, failure, bytes, file } = input;
${into[encoding]}
${chunk.join('\n')}
for (let row = 0; row < count; row++) {
if (failure[row] !== 0) continue;
fast: {
${row.join('\n')}
${lines.join('\n')}
continue;
}
leave(row);
}
};`;
}
