import {
  type ColumnData,
  type DecimalColumn,
  type DictionaryColumn,
  NULL_CODE,
  type TextColumn,
  WIDE,
} from '@millrace/columnar';
import { LIMITS } from '@millrace/contracts';
import {
  type ChunkColumn,
  type CodeColumn,
  type IntColumn,
  type LanesColumn,
  NULL_INT,
  NULL_SPAN,
  type SpanColumn,
} from './working-set.js';

/**
 * Copies some rows of a column out of the working set, as a batch holds them.
 * @param source what a SpanColumn's entries index @param rows record numbers within the chunk
 * @returns views of arrays that are reused for the same column: valid until its next call
 */
export function gatherRows(column: ChunkColumn, source: DataView, rows: Uint16Array): ColumnData {
  switch (column.encoding) {
    case 'text':
      return gatherText(column, source, rows);
    case 'dictionary':
      return gatherCodes(column, rows);
    case 'integer':
      return { encoding: 'integer', ...gatherInts(column, rows) };
    case 'date': {
      const { values, nulls } = gatherInts(column, rows);
      return { encoding: 'date', days: values, nulls };
    }
    case 'decimal':
      return gatherLanes(column, rows);
  }
}

/** Room that a copy in words may need behind its end. */
const SLACK = 4;

/** Three arrays of words a column, and bytes that grow. */
interface Scratch {
  a: Uint32Array;
  b: Int32Array;
  c: Uint16Array;
  bytes: DataView;
}

const scratches = new WeakMap<ChunkColumn, Scratch>();

function scratchOf(column: ChunkColumn): Scratch {
  let scratch = scratches.get(column);
  if (!scratch) {
    const entries = LIMITS.chunk_records + 2;
    scratch = {
      a: new Uint32Array(entries),
      b: new Int32Array(entries),
      c: new Uint16Array(entries),
      bytes: new DataView(new ArrayBuffer(64 * 1024)),
    };
    scratches.set(column, scratch);
  }
  return scratch;
}

function gatherText(column: SpanColumn, source: DataView, rows: Uint16Array): TextColumn {
  const { start, end } = column;
  const scratch = scratchOf(column);
  const count = rows.length;
  const offsets = scratch.a;
  let nulls: Uint8Array | null = null;
  let size = 0;
  for (let row = 0; row < count; row++) {
    offsets[row] = size;
    if (start[rows[row]] === NULL_SPAN) nulls = setNull(nulls, row, count);
    else size += end[rows[row]] - start[rows[row]];
  }
  offsets[count] = size;
  if (scratch.bytes.byteLength < size + SLACK) scratch.bytes = new DataView(new ArrayBuffer(2 * size + SLACK));
  const target = scratch.bytes;
  let to = 0;
  for (let row = 0; row < count; row++) {
    const from = start[rows[row]];
    if (from === NULL_SPAN) continue;
    to = copyBytes(source, from, end[rows[row]], target, to);
  }
  return { encoding: 'text', bytes: bytesOf(target, size), offsets: offsets.subarray(0, count + 1), nulls };
}

/** Only the entries that these rows use, in order of appearance. */
function gatherCodes(column: CodeColumn, rows: Uint16Array): DictionaryColumn {
  const { codes: chunk_codes, entries } = column;
  const scratch = scratchOf(column);
  const { a: offsets, c: codes } = scratch;
  const renumbered = scratch.b.fill(-1, 0, entries.count);
  let count = 0;
  let size = 0;
  for (let row = 0; row < rows.length; row++) {
    const code = chunk_codes[rows[row]];
    if (code === NULL_CODE) {
      codes[row] = NULL_CODE;
      continue;
    }
    let renamed = renumbered[code];
    if (renamed < 0) {
      renamed = count++;
      renumbered[code] = renamed;
      const start = entries.start[code];
      const length = entries.end[code] - start;
      offsets[renamed] = size;
      if (scratch.bytes.byteLength < size + length + SLACK) scratch.bytes = grown(scratch.bytes, size + length);
      size = copyBytes(entries.view, start, start + length, scratch.bytes, size);
    }
    codes[row] = renamed;
  }
  offsets[count] = size;
  return {
    encoding: 'dictionary',
    codes: codes.subarray(0, rows.length),
    bytes: bytesOf(scratch.bytes, size),
    offsets: offsets.subarray(0, count + 1),
  };
}

function gatherInts(column: IntColumn, rows: Uint16Array): { values: Int32Array; nulls: Uint8Array | null } {
  const values = scratchOf(column).b.subarray(0, rows.length);
  let nulls: Uint8Array | null = null;
  for (let row = 0; row < rows.length; row++) {
    const value = column.values[rows[row]];
    values[row] = value;
    if (value === NULL_INT) {
      values[row] = 0;
      nulls = setNull(nulls, row, rows.length);
    }
  }
  return { values, nulls };
}

function gatherLanes(column: LanesColumn, rows: Uint16Array): DecimalColumn {
  const scratch = scratchOf(column);
  const low = scratch.a.subarray(0, rows.length);
  const high = scratch.b.subarray(0, rows.length);
  const wide: string[] = [];
  let nulls: Uint8Array | null = null;
  for (let row = 0; row < rows.length; row++) {
    const lane = column.high[rows[row]];
    low[row] = column.low[rows[row]];
    high[row] = lane;
    if (lane === WIDE) low[row] = wide.push(column.wide[low[row]]) - 1;
    else if (lane === NULL_INT) {
      low[row] = 0;
      high[row] = 0;
      nulls = setNull(nulls, row, rows.length);
    }
  }
  return { encoding: 'decimal', low, high, wide, nulls };
}

function setNull(nulls: Uint8Array | null, row: number, rows: number): Uint8Array {
  const bits = nulls ?? new Uint8Array((rows + 7) >> 3);
  bits[row >> 3] |= 1 << (row & 7);
  return bits;
}

/** Copies four bytes at a time, so up to three behind both ends too; answers where the copy ends. */
function copyBytes(source: DataView, from: number, until: number, target: DataView, to: number): number {
  let out = to;
  for (let at = from; at < until; at += 4, out += 4) target.setInt32(out, source.getInt32(at, true), true);
  return to + until - from;
}

function bytesOf(view: DataView, size: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, size);
}

function grown(view: DataView, size: number): DataView {
  const larger = new Uint8Array(2 * size + SLACK);
  larger.set(bytesOf(view, view.byteLength));
  return new DataView(larger.buffer);
}
