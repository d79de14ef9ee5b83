import { type Dialect, isPlain, LIMITS, MillraceError, PLAIN_DIALECT } from '@millrace/contracts';
import { COMMA, CR, isBlank, LF, QUOTE } from './bytes.js';
import { findDirt } from './dirt.js';
import { machineOf } from './machine/dialect-machine.js';
import { scanRecord } from './machine/scan-record.js';
import { fieldTexts } from './machine/values.js';
import { type ParseOptions, parseRecordsOf, parseUntrimmed } from './parse-any.js';
import { parsePlain } from './parse-plain.js';
import { quoted, readQuoted } from './read-quoted.js';
import { openRecords, type Records, set } from './records.js';

/**
 * Parses whole records. Comment and blank lines are skipped as the cutter does.
 * @param raw at most LIMITS.chunk_bytes @param fields for each field of the header its slot, -1 = not wanted
 * @param slots how many slots there are @param dialect default: the plain one, which is the fast path without options
 * @throws MillraceError MESSAGE_CONTRACT when `raw` is larger or holds more than LIMITS.chunk_records
 */
export function parseRecords(
  raw: Uint8Array,
  fields: Int32Array,
  slots: number,
  dialect: Dialect = PLAIN_DIALECT,
  options: ParseOptions = {},
): Records {
  const { width = fields.length, trim = true } = options;
  if (!trim || width !== fields.length || !isPlain(dialect)) {
    return parseRecordsOf(machineOf(dialect), raw, fields, slots, options);
  }
  openRecords(raw, slots);
  // A last record without newline ends like any other.
  set.bytes[raw.length] = LF;
  quoted.scratch = set.spare;
  quoted.resync = true;
  const count = parsePlain(0, raw.length, 0, LIMITS.chunk_records, fields);
  if (count < 0) throw new MillraceError('MESSAGE_CONTRACT', `over ${LIMITS.chunk_records} records in a chunk`);
  set.count = count;
  set.spare = quoted.scratch;
  findDirt(set, raw.length);
  return set;
}

/**
 * Parses `bytes[from .. end)` of the opened working set as record `row`, which those bytes must be by the rules of a file,
 * with or without its line end.
 * @param trim whether values are trimmed
 * @returns false when they hold no record (a comment, blanks) or more than one
 */
export function parseRecord(from: number, end: number, row: number, fields: Int32Array, trim = true): boolean {
  const { bytes } = set;
  let size = end;
  while (size > from && (bytes[size - 1] === LF || bytes[size - 1] === CR)) size--;
  if (!trim) return parseUntrimmed(machineOf(PLAIN_DIALECT), from, size, end, row, fields);
  const behind = bytes[size];
  bytes[size] = LF;
  quoted.scratch = set.spare;
  quoted.resync = false;
  const count = parsePlain(from, size, row, row + 1, fields);
  set.spare = quoted.scratch;
  bytes[size] = behind;
  set.record_start[row] = from;
  set.record_end[row] = end;
  return count === row + 1;
}

/**
 * The trimmed fields of one record of any width as text. Not for the hot path.
 * @returns null when a quote of the plain dialect never closes; in any other, that quote is literal
 */
export function fieldsOf(record: Buffer, dialect: Dialect = PLAIN_DIALECT): string[] | null {
  if (isPlain(dialect)) return plainFieldsOf(record);
  const machine = machineOf(dialect);
  scanRecord(machine, record, 0, record.length, true);
  return fieldTexts(machine, record, true);
}

function plainFieldsOf(record: Buffer): string[] | null {
  const bytes = Buffer.alloc(2 * record.length + 2);
  record.copy(bytes);
  bytes[record.length] = LF;
  quoted.scratch = record.length + 1;
  const fields: string[] = [];
  for (let at = 0; ; at++) {
    let from = at;
    let to = at;
    if (bytes[at] === QUOTE) {
      if (!readQuoted(bytes, at + 1, record.length)) return null;
      at = quoted.at;
      from = quoted.start;
      to = quoted.end;
    } else {
      while (bytes[at] !== COMMA && bytes[at] !== LF) at++;
      to = at;
    }
    while (from < to && isBlank(bytes[from])) from++;
    while (from < to && isBlank(bytes[to - 1])) to--;
    fields.push(bytes.toString('utf8', from, to));
    if (bytes[at] === LF) return fields;
  }
}
