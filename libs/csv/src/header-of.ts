import type { Dialect } from '@millrace/contracts';
import { BOM } from './bytes.js';
import { type DialectMachine, machineOf } from './machine/dialect-machine.js';
import { lineEnd, STARVED, skipLine } from './machine/line-ends.js';
import { scan, scanRecord } from './machine/scan-record.js';
import { fieldTexts } from './machine/values.js';

export interface Header {
  /** The header records with what stands between them, as bytes; empty when the dialect has no header rows. */
  header: Buffer;
  /** First byte behind: where records begin. */
  header_end: number;
  /** Several header rows joined with a blank; null: the dialect has none. */
  names: string[] | null;
}

/** The header of a text that is there as a whole; an empty one when the text ends before it. */
export function headerOf(text: Buffer, dialect: Dialect): Header {
  const machine = machineOf(dialect);
  const { start, end } = headerRange(machine, text, true) as HeaderRange;
  const header = text.subarray(start, end);
  return { header, header_end: end, names: dialect.header_rows === 0 ? null : joinRows(machine, header) };
}

export interface HeaderRange {
  start: number;
  end: number;
  /** Header rows found: fewer than there should be when the text ends. */
  rows: number;
}

/**
 * Where the header stands behind a BOM, the preamble, comments and blank lines.
 * @returns null when that depends on bytes that are not there
 */
export function headerRange(machine: DialectMachine, bytes: Buffer, final: boolean): HeaderRange | null {
  const { preamble_lines, header_rows } = machine.dialect;
  const size = bytes.length;
  if (!final && size < BOM.length) return null;
  let at = bytes.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
  for (let line = 0; line < preamble_lines; line++) {
    if (at === size && final) break;
    at = lineEnd(machine, bytes, at, size, final);
    if (at === STARVED) return null;
  }
  const range = { start: at, end: at, rows: 0 };
  while (range.rows < header_rows) {
    if (at >= size) return final ? range : null;
    const next = skipLine(machine, bytes, at, size, final);
    if (next === STARVED) return null;
    if (next === at) {
      if (!scanRecord(machine, bytes, at, size, final)) return null;
      if (range.rows++ === 0) range.start = at;
      range.end = scan.next;
    }
    at = next === at ? scan.next : next;
  }
  return range;
}

/** The fields of each header record. */
export function headerRows(machine: DialectMachine, header: Buffer): string[][] {
  const rows: string[][] = [];
  for (let at = 0; at < header.length; ) {
    const next = skipLine(machine, header, at, header.length, true);
    if (next === at) {
      scanRecord(machine, header, at, header.length, true);
      rows.push(fieldTexts(machine, header, true));
    }
    at = next === at ? scan.next : next;
  }
  return rows;
}

/** One name a column: what the header rows say of it, joined with a blank. */
export function joinRows(machine: DialectMachine, header: Buffer): string[] {
  const rows = headerRows(machine, header);
  const width = rows.reduce((most, { length }) => Math.max(most, length), 0);
  return Array.from({ length: width }, (_, column) =>
    rows
      .map((row) => row[column] ?? '')
      .filter((part) => part !== '')
      .join(' '),
  );
}
