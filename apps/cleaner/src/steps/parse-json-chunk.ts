import { type Chunk, LIMITS, MillraceError } from '@millrace/contracts';
import { findDirt, openRecords, RECORD_FAULT, type Records, reserveSpare, SLOT_STRIDE } from '@millrace/csv';
import { applyNaming, type DatasetPlan } from '@millrace/dataset';
import { isBlankLine, isJsonArray, JsonItems, JsonObjectScanner } from '@millrace/formats';
import { trimsAll } from './column-passes.js';

const LF = 10;

const scanners = new WeakMap<DatasetPlan, JsonObjectScanner>();

/** Finds the values of the plan's source columns in JSON objects: slot `n` is the n-th one. One a plan, reused. */
export function jsonScannerOf(plan: DatasetPlan): JsonObjectScanner {
  let scanner = scanners.get(plan);
  if (!scanner) {
    const { columns, source, source_columns } = plan;
    const naming = source.column_naming === 'as_is' ? null : (name: string) => applyNaming(name, source.column_naming);
    const wanted = source_columns.map((index) => columns[index].headers);
    const raw = source_columns.map((index) => columns[index].type === 'json');
    scanner = new JsonObjectScanner(wanted, SLOT_STRIDE, { naming, trim: trimsAll(plan), raw });
    scanners.set(plan, scanner);
  }
  return scanner;
}

/**
 * Parses a chunk of JSON lines, or of the items of a JSON text, to offsets: slot `n` is the plan's n-th source column. What is no
 * object is a record with a fault.
 * @throws MillraceError MESSAGE_CONTRACT when the chunk is larger, or holds more records, than a chunk may
 */
export function parseJsonChunk(plan: DatasetPlan, chunk: Chunk): Records {
  const { raw } = chunk;
  const json = jsonScannerOf(plan);
  const records = openRecords(raw, plan.source_columns.length);
  records.skipped = 0;
  json.begin();
  if (chunk.context?.format === 'json') parseItems(records, json, chunk);
  else parseLines(records, json, raw.length);
  reserveSpare(records, json.finish_bytes);
  json.finish(records);
  findDirt(records, raw.length);
  return records;
}

/** Blank lines are no records, as the cutter has it. */
function parseLines(records: Records, json: JsonObjectScanner, size: number): void {
  const { bytes } = records;
  for (let at = 0; at < size; ) {
    const found = bytes.indexOf(LF, at);
    const end = found < 0 || found >= size ? size : found;
    if (isBlankLine(bytes, at, end)) records.skipped++;
    else parseRecord(records, json, at, end);
    at = end + 1;
  }
}

function parseItems(records: Records, json: JsonObjectScanner, { raw, header, byte_start }: Chunk): void {
  const text = { inArray: isJsonArray(header), isBegin: byte_start === 0 };
  const items = new JsonItems(records.bytes, raw.length, text, true);
  for (let at = 0; at < raw.length && items.next(at); at = items.item.to) {
    const { from, to, isEmpty } = items.item;
    if (!isEmpty) parseRecord(records, json, from, to);
  }
}

function parseRecord(records: Records, json: JsonObjectScanner, from: number, to: number): void {
  const row = records.count;
  if (row === LIMITS.chunk_records) throw new MillraceError('MESSAGE_CONTRACT', `over ${row} records in a chunk`);
  const behind = records.bytes[to];
  records.faults[row] = scanObject(records, json, from, to, row);
  records.bytes[to] = behind;
  records.record_start[row] = from;
  records.record_end[row] = to;
  records.count++;
}

/** Reads an object as record `row`; answers its fault. */
export function scanObject(records: Records, json: JsonObjectScanner, from: number, to: number, row: number): number {
  const { dirty } = records;
  records.dirty = false;
  const isObject = json.scan(records, from, to, row);
  // An escape may stand for what no text can hold.
  if (records.dirty) records.dirt[row] = 1;
  else records.dirty = dirty;
  return isObject ? RECORD_FAULT.none : RECORD_FAULT.not_json;
}
