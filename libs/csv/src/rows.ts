import type { Dialect } from '@millrace/contracts';
import { footerStart } from './footer.js';
import { headerOf } from './header-of.js';
import { machineOf } from './machine/dialect-machine.js';
import { skipLine } from './machine/line-ends.js';
import { scan, scanRecord } from './machine/scan-record.js';
import { fieldTexts } from './machine/values.js';
import { RECORD_FAULT } from './records.js';
import { SecondTable } from './second-table.js';

export interface Row {
  fields: string[];
  /** The record in the text, its record end included. */
  start: number;
  end: number;
  /** RECORD_FAULT: the fields of a faulty record are as good as they could be read. */
  fault: number;
  /** Whether the record belongs to a second table. */
  other: boolean;
}

export interface RowOptions {
  /** Where the records begin. Default: behind the preamble and the header of the dialect. */
  from?: number;
  /** Number of fields of a record. Default: those of the header; without one, any number will do. */
  width?: number;
  /** Default true. */
  trim?: boolean;
  /** Whether a second table is told from the first one. Default: when there is a header. */
  tables?: boolean;
}

/**
 * The records of a text that is there as a whole, one at a time, as strings: for looking at files, not for the hot path.
 * Short and long records are padded, cut or faulty as the dialect says. Comments, blank lines and the footer are left out.
 */
export function* readRows(text: Buffer, dialect: Dialect, options: RowOptions = {}): Generator<Row> {
  const machine = machineOf(dialect);
  const head = headerOf(text, dialect);
  const { from = head.header_end, width = head.names?.length ?? -1, trim = true, tables = true } = options;
  const end = footerStart(machine, text, from, text.length);
  const table = tables && !machine.plain ? SecondTable.of(machine, head.header) : null;
  let other = false;
  for (let at = from; at < end; ) {
    const next = skipLine(machine, text, at, end, true);
    if (!other && table?.begins(text, at, next, end, true)) other = true;
    if (next > at) {
      at = next;
      continue;
    }
    scanRecord(machine, text, at, end, true);
    const row = { fields: fieldTexts(machine, text, trim), start: at, end: scan.next, fault: scan.fault, other };
    at = row.end;
    if (width >= 0) fitWidth(row, width, dialect);
    yield row;
  }
}

function fitWidth(row: Row, width: number, { short_rows, long_rows }: Dialect): void {
  const { fields } = row;
  if (fields.length === width || row.other) return;
  if ((fields.length < width ? short_rows : long_rows) === 'reject') {
    if (row.fault === RECORD_FAULT.none) row.fault = RECORD_FAULT.ragged;
    return;
  }
  if (fields.length > width) fields.length = width;
  while (fields.length < width) fields.push('');
}
