import type { Dialect } from '@millrace/contracts';
import { readRows } from '../rows.js';
import { CELL_KIND, type CellKind, cellKind, isTelling } from './cell-kind.js';

/** A row of the sample as the rules for headers and the like look at it. */
export interface SampleRow {
  cells: string[];
  kinds: CellKind[];
  /** Number of the line that it begins on, from 0, and how many lines it has. */
  line: number;
  lines: number;
  /** The text of its first line. */
  first_line: string;
  /** How many cells are not empty, and how many of a kind that a title seldom is; titles may be codes. */
  filled: number;
  values: number;
}

/** The first rows of a text whose records end with LF, as the general reader reads them: whatever they are, none is skipped as a comment. */
export function sampleRows(text: string, dialect: Dialect, most_rows: number): SampleRow[] {
  const bytes = Buffer.from(text);
  // Not the plain reader's rules for quotes: a stray one would swallow rows.
  const lenient: Dialect = {
    ...dialect,
    record_end: 'lf',
    comment: null,
    header_rows: 0,
    short_rows: 'pad',
    long_rows: 'cut',
  };
  const rows: SampleRow[] = [];
  let line = 0;
  let counted_to = 0;
  for (const { fields, start, end } of readRows(bytes, lenient, { width: -1, tables: false })) {
    line += linesIn(bytes, counted_to, start);
    const line_end = bytes.indexOf(0x0a, start);
    const first_line = bytes.toString('utf8', start, line_end < 0 ? undefined : line_end);
    rows.push(rowOf(fields, { line, lines: Math.max(1, linesIn(bytes, start, end)), first_line }));
    if (rows.length === most_rows) break;
    counted_to = start;
  }
  return rows;
}

function linesIn(bytes: Buffer, from: number, end: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(0x0a, from); at >= 0 && at < end; at = bytes.indexOf(0x0a, at + 1)) lines++;
  return lines;
}

function rowOf(cells: string[], place: Pick<SampleRow, 'line' | 'lines' | 'first_line'>): SampleRow {
  const kinds = cells.map(cellKind);
  const filled = kinds.reduce((sum: number, kind) => sum + (kind === CELL_KIND.empty ? 0 : 1), 0);
  const values = kinds.filter((kind) => isTelling(kind) && kind !== CELL_KIND.code).length;
  return { ...place, cells, kinds, filled, values };
}
