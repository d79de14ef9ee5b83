import { MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { HAS_NULLS, HIGH_LEFT_OUT, KINDS, STEPPED_RECORDS, WIDE_RECORDS } from './body-layout.js';
import { BodyReader } from './body-reader.js';
import { BodyWriter } from './body-writer.js';
import { type ColumnData, type Columns, type Distances, NULL_CODE, WIDE } from './columns.js';
import { recordsOf } from './record-steps.js';

const writer = new BodyWriter();

/**
 * Lays the columns out as one buffer, the body that contracts' `encodeBatch` compresses. The same columns give the same bytes.
 * @param records each row's distance from the chunk's first record, ascending @returns a view of a reused buffer, valid until the next call
 */
export function encodeBody(columns: readonly ColumnData[], rows: number, records: Distances): Buffer {
  // By the values alone, so that equal rows give equal bytes whatever array they came in.
  const wide = rows > 0 && records[rows - 1] > 0xffff;
  writer.begin();
  writer.word(rows);
  writer.word(wide ? columns.length + WIDE_RECORDS : columns.length);
  writer.section(wide || records instanceof Uint16Array ? records : Uint16Array.from(records), rows);
  for (const column of columns) encodeColumn(column, rows);
  return writer.since(0);
}

function encodeColumn(column: ColumnData, rows: number): void {
  const nulls = column.encoding === 'dictionary' ? null : column.nulls;
  const narrow = column.encoding === 'decimal' && allZero(column.high, rows);
  writer.word(KINDS[column.encoding] | (narrow ? HIGH_LEFT_OUT : 0) | (nulls ? HAS_NULLS : 0));
  switch (column.encoding) {
    case 'text':
      writer.values(column.bytes, column.offsets, rows);
      break;
    case 'dictionary':
      writer.section(column.codes, rows);
      writer.values(column.bytes, column.offsets, column.offsets.length - 1);
      break;
    case 'integer':
      writer.section(column.values, rows);
      break;
    case 'date':
      writer.section(column.days, rows);
      break;
    case 'decimal':
      writer.section(column.low, rows);
      if (!narrow) writer.section(column.high, rows);
      writer.texts(column.wide);
  }
  if (nulls) writer.section(nulls, (rows + 7) >> 3);
}

function allZero(lane: Int32Array, rows: number): boolean {
  for (let row = 0; row < rows; row++) if (lane[row] !== 0) return false;
  return true;
}

/** Columns as views of `body` (of a copy when it is not aligned). @throws MillraceError MESSAGE_CONTRACT when it is not a body of this plan */
export function decodeBody(body: Buffer, plan: DatasetPlan): Columns {
  const reader = new BodyReader(body);
  const rows = reader.u32();
  const tag = reader.u32();
  const count = (tag & ~(WIDE_RECORDS | STEPPED_RECORDS)) >>> 0;
  if (count !== plan.columns.length) refuse(`body of ${count} columns where the plan has ${plan.columns.length}`);
  const records = readRecords(reader, rows, tag);
  for (let row = 1; row < rows; row++) if (records[row] <= records[row - 1]) refuse('records are not in order');
  const columns = plan.columns.map((_, index) => decodeColumn(reader, rows, plan, index));
  reader.finish();
  return { rows, records, columns };
}

function readRecords(reader: BodyReader, rows: number, tag: number): Distances {
  if ((tag & STEPPED_RECORDS) !== 0) return recordsOf(reader.u8s(rows));
  return (tag & WIDE_RECORDS) !== 0 ? reader.u32s(rows) : reader.u16s(rows);
}

function decodeColumn(reader: BodyReader, rows: number, plan: DatasetPlan, index: number): ColumnData {
  const { encoding, name, nullable } = plan.columns[index];
  const tag = reader.u32();
  const narrow = encoding === 'decimal' && (tag & HIGH_LEFT_OUT) !== 0;
  const flags = tag & ~(narrow ? HIGH_LEFT_OUT : 0);
  const hasNulls = flags >>> 8 === 1;
  if ((flags & 0xff) !== KINDS[encoding] || flags >>> 8 > 1 || (hasNulls && !nullable)) {
    refuse(`column ${name} is marked ${tag} where the plan says ${encoding}`);
  }
  const nullsOf = () => (hasNulls ? reader.u8s((rows + 7) >> 3) : null);
  switch (encoding) {
    case 'text': {
      const { bytes, offsets } = reader.values(rows);
      return { encoding, bytes, offsets, nulls: nullsOf() };
    }
    case 'dictionary': {
      const codes = reader.u16s(rows);
      const { bytes, offsets } = reader.values();
      const entries = offsets.length - 1;
      for (let row = 0; row < rows; row++) {
        if (codes[row] >= entries && !(nullable && codes[row] === NULL_CODE)) {
          refuse(`column ${name} has code ${codes[row]} of ${entries}`);
        }
      }
      if (hasNulls) refuse(`column ${name} is a dictionary with a null bitmap`);
      return { encoding, codes, bytes, offsets };
    }
    case 'integer':
      return { encoding, values: reader.i32s(rows), nulls: nullsOf() };
    case 'date':
      return { encoding, days: reader.i32s(rows), nulls: nullsOf() };
    case 'decimal': {
      const low = reader.u32s(rows);
      const high = narrow ? new Int32Array(rows) : reader.i32s(rows);
      const wide = reader.texts();
      checkLanes(low, high, wide, name);
      return { encoding, low, high, wide, nulls: nullsOf() };
    }
  }
}

function checkLanes(low: Uint32Array, high: Int32Array, wide: string[], name: string): void {
  for (let row = 0; row < high.length; row++) {
    const lane = high[row];
    if (lane === WIDE ? low[row] >= wide.length : lane >= 0x200000 || lane < -0x200000) {
      refuse(`column ${name} has lanes that hold no decimal`);
    }
  }
  for (const literal of wide)
    if (!/^-?\d+(\.\d+)?$/.test(literal)) refuse(`column ${name} has text that is no decimal`);
}

function refuse(message: string): never {
  throw new MillraceError('MESSAGE_CONTRACT', message);
}
