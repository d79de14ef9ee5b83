import {
  type ColumnData,
  type Columns,
  type DecimalColumn,
  isNull,
  joinLanes,
  NULL_CODE,
  WIDE,
} from '@millrace/columnar';
import type { ColumnPlan, DatasetPlan } from '@millrace/dataset';
import { BufferPool } from './buffer-pool.js';
import { EPOCH_HIGH, EPOCH_LOW, int8OfLiteral, timestampOfLiteral } from './int8.js';
import { literalBytes, SCALED_BYTES, writeLiteral, writeScaled } from './numeric.js';

/** COPY's signature, flags and header extension; and the trailer. */
export const COPY_HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
export const COPY_TRAILER = Buffer.from([0xff, 0xff]);

/** `_source`, `_record` and `_version` at the end of each row: 4 + 4, 4 + 8 and 4 + 4 bytes. */
const POSITION_COLUMNS = 3;
const POSITION_BYTES = 28;
/** Days from 1970-01-01, where ours begin, to 2000-01-01, where PostgreSQL's do. */
const EPOCH_DAYS = 10_957;
/** Up to here a loop over bytes beats the call that copies them. */
const SHORT_BYTES = 32;

/** Where a batch's rows stand: its source and the ordinal of its chunk's first record; and the version that cleaned them. */
export interface BatchPlace {
  source: number;
  first_record: number;
  version: number;
}

/** How a column's values are written: its encoding in the batch, and PostgreSQL's type. */
const FIELD = { text: 0, dictionary: 1, integer: 2, date: 3, numeric: 4, boolean: 5, bigint: 6, timestamp: 7, json: 8 };

/**
 * Rows of a batch as binary COPY tuples: the plan's columns in table order, then `_source`, `_record` and `_version`.
 * @param selected indexes of rows, ascending; null = all rows
 * @param pool where the buffer comes from
 * @throws UnstorableError for a number or time that PostgreSQL's type does not hold
 */
export function encodeRows(
  plan: DatasetPlan,
  place: BatchPlace,
  data: Columns,
  selected: Uint32Array | null,
  pool = new BufferPool(),
): Buffer {
  const rows = selected ? selected.length : data.rows;
  const columns = data.columns;
  const width = columns.length;
  const fields = Uint8Array.from(plan.columns, fieldOf);
  const scales = Int32Array.from(plan.columns, (column) => column.scale);
  // An unconstrained numeric shows the digits that its value needs; a constrained one is shown at its scale by PostgreSQL.
  const shown = Int32Array.from(plan.columns, (column) => (column.precision === null ? -1 : column.scale));
  const out = pool.take(sizeBound(plan, data, selected, rows));
  let at = 0;
  for (let index = 0; index < rows; index++) {
    const row = selected ? selected[index] : index;
    out[at] = (width + POSITION_COLUMNS) >>> 8;
    out[at + 1] = width + POSITION_COLUMNS;
    at += 2;
    for (let c = 0; c < width; c++) at = writeField(out, at, columns[c], row, fields[c], scales[c], shown[c]);
    at = writeInt4(out, writeInt4(out, at, 4), place.source);
    const record = place.first_record + data.records[row];
    at = writeInt4(out, at, 8);
    at = writeInt4(out, at, Math.floor(record / 4294967296));
    at = writeInt4(out, at, record);
    at = writeInt4(out, writeInt4(out, at, 4), place.version);
  }
  return out.subarray(0, at);
}

function fieldOf({ type, encoding }: ColumnPlan): number {
  if (type === 'boolean' || type === 'bigint' || type === 'timestamp' || type === 'json') return FIELD[type];
  return encoding === 'decimal' ? FIELD.numeric : FIELD[encoding];
}

function writeField(
  out: Buffer,
  at: number,
  column: ColumnData,
  row: number,
  field: number,
  scale: number,
  shown: number,
): number {
  switch (column.encoding) {
    case 'text': {
      const { nulls, offsets } = column;
      if (nulls !== null && isNull(nulls, row)) return writeInt4(out, at, -1);
      if (field === FIELD.json) return writeJson(out, at, column.bytes, offsets[row], offsets[row + 1]);
      return writeBytes(out, at, column.bytes, offsets[row], offsets[row + 1]);
    }
    case 'dictionary': {
      const code = column.codes[row];
      if (code === NULL_CODE) return writeInt4(out, at, -1);
      return writeBytes(out, at, column.bytes, column.offsets[code], column.offsets[code + 1]);
    }
    case 'integer': {
      const { nulls, values } = column;
      if (nulls !== null && isNull(nulls, row)) return writeInt4(out, at, -1);
      if (field === FIELD.boolean) {
        at = writeInt4(out, at, 1);
        out[at] = values[row];
        return at + 1;
      }
      return writeInt4(out, writeInt4(out, at, 4), values[row]);
    }
    case 'date': {
      const { nulls } = column;
      if (nulls !== null && isNull(nulls, row)) return writeInt4(out, at, -1);
      return writeInt4(out, writeInt4(out, at, 4), column.days[row] - EPOCH_DAYS);
    }
    default: {
      const { nulls, low, high } = column;
      if (nulls !== null && isNull(nulls, row)) return writeInt4(out, at, -1);
      if (field !== FIELD.numeric) return writeInt8(out, at, column, row, field);
      const end =
        high[row] === WIDE
          ? writeLiteral(out, at + 4, column.wide[low[row]])
          : writeScaled(out, at + 4, joinLanes(low[row], high[row]), scale, shown);
      writeInt4(out, at, end - at - 4);
      return end;
    }
  }
}

/** A bigint, or a timestamp in microseconds since 2000. Two lanes are a two's complement number as they stand. */
function writeInt8(out: Buffer, at: number, { low, high, wide }: DecimalColumn, row: number, field: number): number {
  at = writeInt4(out, at, 8);
  if (high[row] === WIDE) {
    const literal = wide[low[row]];
    const value = field === FIELD.timestamp ? timestampOfLiteral(literal) : int8OfLiteral(literal);
    return out.writeBigInt64BE(value, at);
  }
  if (field !== FIELD.timestamp) return writeInt4(out, writeInt4(out, at, high[row]), low[row]);
  const borrow = low[row] < EPOCH_LOW ? 1 : 0;
  return writeInt4(out, writeInt4(out, at, high[row] - EPOCH_HIGH - borrow), low[row] - EPOCH_LOW);
}

/** jsonb: its text behind a byte that says version 1. */
function writeJson(out: Uint8Array, at: number, from: Uint8Array, start: number, end: number): number {
  const text = writeInt4(out, at, end - start + 1);
  out[text] = 1;
  out.set(from.subarray(start, end), text + 1);
  return text + 1 + end - start;
}

function writeInt4(out: Uint8Array, at: number, value: number): number {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
  return at + 4;
}

/** Length, then `from[start .. end)`. */
function writeBytes(out: Uint8Array, at: number, from: Uint8Array, start: number, end: number): number {
  let to = writeInt4(out, at, end - start);
  if (end - start > SHORT_BYTES) {
    out.set(from.subarray(start, end), to);
    return to + end - start;
  }
  for (let index = start; index < end; index++) out[to++] = from[index];
  return to;
}

/** Bytes that the rows take at most, so that the loop above never has to look whether there is room. */
function sizeBound(plan: DatasetPlan, data: Columns, selected: Uint32Array | null, rows: number): number {
  let size = rows * (2 + POSITION_BYTES);
  data.columns.forEach((column, index) => {
    const version = plan.columns[index].type === 'json' ? rows : 0;
    size += rows * 4 + version + columnBound(column, selected, rows);
  });
  return size;
}

function columnBound(column: ColumnData, selected: Uint32Array | null, rows: number): number {
  if (column.encoding === 'integer' || column.encoding === 'date') return rows * 4;
  if (column.encoding === 'decimal') return decimalBound(column, selected, rows);
  const { offsets } = column;
  if (column.encoding === 'text' && selected === null) return offsets[rows] - offsets[0];
  const codes = column.encoding === 'dictionary' ? column.codes : null;
  let size = 0;
  for (let index = 0; index < rows; index++) {
    const row = selected ? selected[index] : index;
    const at = codes ? codes[row] : row;
    if (codes === null || at !== NULL_CODE) size += offsets[at + 1] - offsets[at];
  }
  return size;
}

function decimalBound(column: DecimalColumn, selected: Uint32Array | null, rows: number): number {
  if (column.wide.length === 0) return rows * SCALED_BYTES;
  let size = 0;
  for (let index = 0; index < rows; index++) {
    const row = selected ? selected[index] : index;
    size += column.high[row] === WIDE ? literalBytes(column.wide[column.low[row]]) : SCALED_BYTES;
  }
  return size;
}
