import { type ExpressionColumn, kindOfColumn } from './column.js';
import { integer, type Rational, rationalOf, scaled } from './rational.js';
import type { Value } from './tree.js';
import {
  type ExpressionInput,
  type LanesVector,
  NULL_CODE,
  NULL_INT,
  NULL_SPAN,
  TIMESTAMP_SCALE,
  type Vector,
  WIDE,
} from './vectors.js';

/** Reads single values out of a chunk's vectors, exactly: for the rows that the generated code leaves. */
export class RowReader {
  row = 0;

  constructor(
    readonly columns: ExpressionColumn[],
    readonly input: ExpressionInput,
  ) {}

  get file(): string {
    return this.input.file;
  }

  value(index: number): Value {
    const column = this.columns[index];
    const vector = this.input.columns[index];
    const kind = kindOfColumn(column);
    if (kind === 'text' || kind === 'json') return textAt(this.input.bytes, vector, this.row);
    if (vector.encoding === 'integer' || vector.encoding === 'date') {
      const value = vector.values[this.row];
      if (value === NULL_INT) return null;
      return kind === 'boolean' ? value === 1 : kind === 'date' ? value : integer(value);
    }
    const number = numberAt(vector as LanesVector, kind === 'timestamp' ? TIMESTAMP_SCALE : scaleOf(column), this.row);
    return number !== null && kind === 'timestamp' ? scaled(number, TIMESTAMP_SCALE, 'down') : number;
  }
}

/** Digits behind the point in the lanes. */
export function scaleOf({ type, scale }: ExpressionColumn): number {
  return type === 'decimal' ? scale : 0;
}

function textAt(bytes: Buffer, vector: Vector, row: number): string | null {
  if (vector.encoding === 'text') {
    return vector.start[row] === NULL_SPAN ? null : bytes.toString('utf8', vector.start[row], vector.end[row]);
  }
  if (vector.encoding !== 'dictionary' || vector.codes[row] === NULL_CODE) return null;
  const { view, start, end } = vector.entries;
  const code = vector.codes[row];
  return bufferOf(view).toString('utf8', start[code], end[code]);
}

export function bufferOf(view: DataView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

function numberAt({ low, high, wide }: LanesVector, scale: number, row: number): Rational | null {
  if (high[row] === NULL_INT) return null;
  if (high[row] === WIDE) return rationalOf(wide[low[row]]);
  return { n: BigInt(high[row] * 4294967296 + low[row]), d: 10n ** BigInt(scale) };
}
