import {
  type Chunk,
  ENTRY_BYTES,
  ENTRY_KIND,
  type Entry,
  type EntryKind,
  LIMITS,
  MillraceError,
  readEntry,
} from '@millrace/contracts';
import { findDirt, openRecords, parseRecord, RECORD_FAULT, type Records, reserveSpare } from '@millrace/csv';
import type { DatasetPlan } from '@millrace/dataset';
import type { JsonObjectScanner } from '@millrace/formats';
import { trimsAll } from './column-passes.js';
import { blankMissing, type FieldMap, fieldsInOrder } from './map-fields.js';
import { jsonScannerOf, scanObject } from './parse-json-chunk.js';
import { fieldsOfHeader } from './read-header-entry.js';

/** What parsing the entries of a plan needs; reused. */
interface EntryReaders {
  json: JsonObjectScanner;
  /** Fields of csv entries without a header. */
  in_order: FieldMap;
  trim: boolean;
}

const readersByPlan = new WeakMap<DatasetPlan, EntryReaders>();
const distances = new Uint32Array(LIMITS.chunk_records);
const entry: Entry = { distance: 0, kind: ENTRY_KIND.json, start: 0, end: 0 };

/** Blanks in place of what frames the entries: then the whole chunk can be checked for UTF-8 at once. */
const FILLER = 0x20202020;

/**
 * Parses the entries of a live chunk to offsets, as `parseChunk` does with a range of a file. What cannot be read is a
 * record with a fault: whatever a producer sends, the other rows of the chunk are taken.
 * @throws MillraceError MESSAGE_CONTRACT when the chunk is not a list of entries in order, as many as it claims
 */
export function parseEntries(plan: DatasetPlan, chunk: Chunk): Records {
  const { raw } = chunk;
  const readers = readersOf(plan);
  const { json } = readers;
  const records = openRecords(raw, slotsOf(plan, raw));
  json.begin();
  let count = 0;
  walkEntries(plan, raw, (kind, map) => {
    for (let word = entry.start - ENTRY_BYTES; word < entry.start; word += 4) records.view.setUint32(word, FILLER);
    if (kind === ENTRY_KIND.header) return;
    takeDistance(count);
    records.faults[count] = parseEntry(records, readers, map, count);
    records.record_start[count] = entry.start;
    records.record_end[count] = entry.end;
    count++;
  });
  if (count !== chunk.records) refuse(`chunk holds ${count} entries where its header says ${chunk.records} records`);
  reserveSpare(records, json.finish_bytes);
  json.finish(records);
  records.count = count;
  findDirt(records, raw.length);
  // Lines left out within an entry are no lines of the chunk.
  records.skipped = 0;
  records.distances = distances;
  return records;
}

/**
 * Visits every entry, headers included; `entry` is then the one visited.
 * @param visit gets the fields of csv entries, by the last header before; null under a broken one
 */
export function walkEntries(
  plan: DatasetPlan,
  raw: Buffer,
  visit: (kind: EntryKind, map: FieldMap | null) => void,
): void {
  const { in_order } = readersOf(plan);
  let map: FieldMap | null = in_order;
  for (let at = 0; at < raw.length; at = entry.end) {
    readEntry(raw, at, entry);
    if (entry.kind === ENTRY_KIND.header) {
      map = entry.start === entry.end ? in_order : fieldsOfHeader(plan, raw.subarray(entry.start, entry.end));
    }
    visit(entry.kind, map);
  }
}

/** As many slots as the header with the most extra fields asks for. */
function slotsOf(plan: DatasetPlan, raw: Buffer): number {
  let slots = plan.source_columns.length;
  if (plan.source.extra_columns === 'ignore') return slots;
  walkEntries(plan, raw, (_, map) => {
    slots = Math.max(slots, map?.slots ?? 0);
  });
  return slots;
}

function readersOf(plan: DatasetPlan): EntryReaders {
  let found = readersByPlan.get(plan);
  if (!found) {
    found = { json: jsonScannerOf(plan), in_order: fieldsInOrder(plan), trim: trimsAll(plan) };
    readersByPlan.set(plan, found);
  }
  return found;
}

function takeDistance(row: number): void {
  if (row === LIMITS.chunk_records) refuse(`over ${row} records in a chunk`);
  if (row > 0 && entry.distance <= distances[row - 1]) refuse(`entry ${row} is not in order`);
  distances[row] = entry.distance;
}

/** Reads `entry` as record `row`; answers its fault. */
function parseEntry(records: Records, { json, trim }: EntryReaders, map: FieldMap | null, row: number): number {
  switch (entry.kind) {
    case ENTRY_KIND.json:
      return scanObject(records, json, entry.start, entry.end, row);
    case ENTRY_KIND.csv:
      if (map === null || !parseRecord(entry.start, entry.end, row, map.fields, trim)) return RECORD_FAULT.unreadable;
      if (map.missing.length > 0) blankMissing(records, map, row, 1);
      return records.faults[row];
    case ENTRY_KIND.too_long:
      return RECORD_FAULT.too_long;
    default:
      return RECORD_FAULT.unreadable;
  }
}

function refuse(message: string): never {
  throw new MillraceError('MESSAGE_CONTRACT', message);
}
