import { LIMITS, MillraceError } from '@millrace/contracts';
import { findDirt } from './dirt.js';
import type { DialectMachine } from './machine/dialect-machine.js';
import { skipLine } from './machine/line-ends.js';
import { scan, scanRecord } from './machine/scan-record.js';
import { takeValue, value } from './machine/values.js';
import { openRecords, RECORD_FAULT, type Records, set as records, SLOT_STRIDE } from './records.js';

export interface ParseOptions {
  /**
   * How many fields a record has, where `fields` is longer: what is more than that is extra, and no fault. Default: as many as
   * `fields`.
   */
  width?: number;
  /** Whether values are trimmed. Default true. */
  trim?: boolean;
}

/** `parseRecords` for any dialect. */
export function parseRecordsOf(
  machine: DialectMachine,
  raw: Uint8Array,
  fields: Int32Array,
  slots: number,
  options: ParseOptions,
): Records {
  const set = openRecords(raw, slots);
  const size = raw.length;
  const { bytes } = set;
  const { width = fields.length, trim = true } = options;
  const row = { machine, fields, width, trim };
  let count = 0;
  for (let at = 0; at < size; ) {
    const next = skipLine(machine, bytes, at, size, true);
    if (next > at) {
      set.skipped++;
      at = next;
      continue;
    }
    if (count === LIMITS.chunk_records) {
      throw new MillraceError('MESSAGE_CONTRACT', `over ${LIMITS.chunk_records} records in a chunk`);
    }
    scanRecord(machine, bytes, at, size, true);
    set.record_start[count] = at;
    set.record_end[count] = scan.record_end;
    takeRow(set, row, count++);
    at = scan.next;
  }
  set.count = count;
  findDirt(set, size);
  return set;
}

/** `parseRecord` for values that keep their blanks. @param size where the record ends without its line end @param end with it */
export function parseUntrimmed(
  machine: DialectMachine,
  from: number,
  size: number,
  end: number,
  row: number,
  fields: Int32Array,
): boolean {
  const { bytes } = records;
  let found = 0;
  for (let at = from; at < size; ) {
    const next = skipLine(machine, bytes, at, size, true);
    if (next === at) {
      if (found++ > 0) return false;
      scanRecord(machine, bytes, at, size, true);
      takeRow(records, { machine, fields, width: fields.length, trim: false }, row);
    }
    at = next === at ? scan.next : next;
  }
  records.record_start[row] = from;
  records.record_end[row] = end;
  return found === 1;
}

interface RowRules {
  machine: DialectMachine;
  fields: Int32Array;
  width: number;
  trim: boolean;
}

/** Puts the values of the scanned record into the slots of `row`, or says what is wrong with it. */
function takeRow(set: Records, rules: RowRules, row: number): void {
  const { machine, fields, width, trim } = rules;
  const { short_rows, long_rows } = machine.dialect;
  const { start, end, bytes } = set;
  const found = scan.count;
  set.faults[row] = scan.fault;
  if (scan.fault !== RECORD_FAULT.none) return;
  if ((found < width && short_rows === 'reject') || (found > fields.length && long_rows === 'reject')) {
    set.faults[row] = RECORD_FAULT.ragged;
    return;
  }
  const most = fields.length;
  for (let field = 0; field < most; field++) {
    const slot = fields[field];
    if (slot < 0) continue;
    const entry = slot * SLOT_STRIDE + row;
    if (field >= found) {
      start[entry] = 0;
      end[entry] = 0;
      continue;
    }
    set.spare = takeValue(machine, bytes, field, bytes, set.spare, trim);
    start[entry] = value.start;
    end[entry] = value.end;
  }
}
