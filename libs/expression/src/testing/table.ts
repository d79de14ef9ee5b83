import { LIMITS } from '@millrace/contracts';
import { readDate } from '../calendar.js';
import type { ExpressionColumn } from '../column.js';
import { type CompiledExpression, compileExpression, type ExpressionTarget } from '../compile.js';
import { valueText } from '../exact-casts.js';
import { readBoolean, readInstant } from '../literals.js';
import { rationalOf, scaled, scaledLiteral } from '../rational.js';
import { scaleOf } from '../rows.js';
import { storeValue } from '../store.js';
import { storeTexts } from '../store-texts.js';
import type { Value } from '../tree.js';
import {
  type Entries,
  type ExpressionInput,
  type LanesVector,
  NULL_CODE,
  NULL_INT,
  NULL_SPAN,
  type TextSink,
  TIMESTAMP_SCALE,
  type Vector,
  WIDE,
} from '../vectors.js';

/** A column of a test: its cells as text, null = NULL. */
export interface TestColumn extends Partial<ExpressionColumn> {
  type: ExpressionColumn['type'];
  dictionary?: boolean;
}

export const column = (
  name: string,
  { type, scale = 0, precision = null, nullable = true }: TestColumn,
): ExpressionColumn => ({
  name,
  type,
  scale: type === 'decimal' && precision === null && scale === 0 ? 4 : scale,
  precision,
  nullable,
});

/** Bytes that grow. */
export class GrowingSink implements TextSink {
  bytes = Buffer.alloc(64);
  end = 0;

  get view(): DataView {
    return new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  }

  reserve(size_bytes: number): void {
    if (this.end + size_bytes + 8 <= this.bytes.length) return;
    const larger = Buffer.alloc(2 * (this.end + size_bytes) + 8);
    this.bytes.copy(larger);
    this.bytes = larger;
  }

  write(text: string): number {
    const start = this.end;
    this.end += this.bytes.write(text, start);
    return start;
  }
}

class TestEntries implements Entries {
  count = 0;
  view: DataView = new DataView(new ArrayBuffer(0));
  start = new Uint32Array(LIMITS.chunk_records);
  end = new Uint32Array(LIMITS.chunk_records);

  begin(view: DataView): void {
    this.count = 0;
    this.view = view;
  }

  codeOf(start: number, end: number): number {
    this.start[this.count] = start;
    this.end[this.count] = end;
    return this.count++;
  }
}

export function vectorOf(type: ExpressionColumn['type'], rows: number, dictionary = false): Vector {
  switch (type) {
    case 'integer':
    case 'boolean':
      return { encoding: 'integer', values: new Int32Array(rows) };
    case 'date':
      return { encoding: 'date', values: new Int32Array(rows) };
    case 'decimal':
    case 'bigint':
    case 'timestamp':
      return { encoding: 'decimal', low: new Uint32Array(rows), high: new Int32Array(rows), wide: [] };
    default:
      return dictionary
        ? { encoding: 'dictionary', codes: new Uint16Array(rows), entries: new TestEntries() }
        : { encoding: 'text', start: new Uint32Array(rows), end: new Uint32Array(rows) };
  }
}

export interface TestResult {
  /** As text, as PostgreSQL writes it; null = NULL; `!` = failed. */
  cells: (string | null)[];
  compiled: CompiledExpression;
  failed: number[];
  column: Vector;
}

/** Evaluates an expression over rows of texts. */
export function evaluateRows(
  text: string,
  columns: ExpressionColumn[],
  rows: (string | null)[][],
  target: Partial<ExpressionTarget> & { type: ExpressionColumn['type']; dictionary?: boolean },
  options: { dictionary?: boolean; file?: string; compiled?: CompiledExpression } = {},
): TestResult {
  const full = { scale: 4, precision: null, rounding: 'half_up' as const, ...target };
  const compiled = options.compiled ?? compileExpression(text, columns, full);
  const sink = new GrowingSink();
  const input = inputOf(columns, rows, sink, options);
  input.file = options.file ?? 'a/b.csv';
  const into = vectorOf(target.type, rows.length, target.dictionary);
  const failed: number[] = [];
  compiled.evaluate(input, { column: into, sink, fail: (row) => failed.push(row) });
  const scale = target.type === 'decimal' ? full.scale : target.type === 'timestamp' ? TIMESTAMP_SCALE : 0;
  const cells = rows.map((_, row) => (failed.includes(row) ? '!' : cellAt(into, target.type, scale, sink.bytes, row)));
  return { cells, compiled, failed, column: into };
}

function inputOf(
  columns: ExpressionColumn[],
  rows: (string | null)[][],
  sink: GrowingSink,
  options: { dictionary?: boolean },
): ExpressionInput {
  const input: ExpressionInput = {
    count: rows.length,
    failure: new Uint8Array(rows.length),
    bytes: sink.bytes,
    columns: [],
    file: '',
  };
  columns.forEach((column, index) => {
    const vector = vectorOf(column.type, rows.length, options.dictionary);
    const cells = rows.map((row) => row[index]);
    if (vector.encoding === 'text' || vector.encoding === 'dictionary') storeTexts(vector, sink, cells, input);
    else {
      const target = { ...column, scale: scaleOf(column), encoding: vector.encoding, rounding: 'reject' as const };
      cells.forEach((cell, row) => {
        // More digits than the lanes have stand as text.
        if (vector.encoding === 'decimal' && (cell?.split('.')[1] ?? '').length > TIMESTAMP_SCALE) {
          vector.low[row] = vector.wide.push(cell as string) - 1;
          vector.high[row] = WIDE;
          return;
        }
        storeValue(target, vector, [], row, cell === null ? null : cellValue(column.type, cell));
      });
    }
    input.columns.push(vector);
  });
  input.bytes = sink.bytes;
  return input;
}

export function cellValue(type: ExpressionColumn['type'], cell: string): Value {
  if (type === 'boolean') return readBoolean(cell);
  if (type === 'date') return readDate(cell);
  return type === 'timestamp' ? readInstant(cell) : rationalOf(cell);
}

function cellAt(
  vector: Vector,
  type: ExpressionColumn['type'],
  scale: number,
  bytes: Buffer,
  row: number,
): string | null {
  switch (vector.encoding) {
    case 'text':
      return vector.start[row] === NULL_SPAN ? null : bytes.toString('utf8', vector.start[row], vector.end[row]);
    case 'dictionary': {
      const code = vector.codes[row];
      const { view, start, end } = vector.entries;
      return code === NULL_CODE
        ? null
        : Buffer.from(view.buffer).toString('utf8', view.byteOffset + start[code], view.byteOffset + end[code]);
    }
    case 'decimal': {
      if (vector.high[row] === NULL_INT) return null;
      const wide = vector.high[row] === WIDE ? vector.wide[vector.low[row]] : null;
      if (type === 'timestamp') return instantText(wide ?? laneText(vector, scale, row));
      return wide ?? laneText(vector, scale, row);
    }
    default: {
      const value = vector.values[row];
      if (value === NULL_INT) return null;
      if (type === 'boolean') return value === 1 ? 'true' : 'false';
      return type === 'date' ? new Date(value * 86_400_000).toISOString().slice(0, 10) : String(value);
    }
  }
}

function laneText({ low, high }: LanesVector, scale: number, row: number): string {
  return scaledLiteral(BigInt(high[row] * 4294967296 + low[row]), scale);
}

function instantText(seconds: string): string {
  const micros = scaled(rationalOf(seconds), TIMESTAMP_SCALE, 'down') as bigint;
  return valueText(micros, { kind: 'timestamp', scale: null, endless: false }, false);
}
