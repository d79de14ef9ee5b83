import { CELL_KIND } from './cell-kind.js';
import { type Columns, columnsOf, fitOf } from './column-kinds.js';
import { findFooter } from './footer.js';
import type { SampleRow } from './sample-rows.js';
import { findTitles } from './titles.js';

/** Where the table stands within the text. */
export interface TableShape {
  preamble_lines: number;
  header_rows: number;
  footer_lines: number;
  findings: string[];
}

/** Rows that the header is looked for in. */
const TOP_ROWS = 60;
/** A word where a column has values says more against a record than a fitting value says for it. */
const TITLE_WEIGHT = 1.5;

/**
 * Finds the lines before the header, the header's rows, and the footer: titles are words above columns of values.
 * @param width the fields of most rows
 * @param known names that a header may hold, in lower case @param complete whether the rows are all there are
 */
export function findShape(
  rows: SampleRow[],
  options: { width: number; known: ReadonlySet<string>; complete: boolean; comment: string | null },
): TableShape {
  const { width, known, complete, comment } = options;
  const columns = columnsOf(rows, width);
  const top = rows.slice(0, TOP_ROWS);
  const header = headerByName(top, known) ?? headerByKinds(top, columns);
  const first = header.begin;
  const findings = [header.finding];
  const preamble_lines = first > 0 ? linesBefore(rows, first, comment) : 0;
  if (preamble_lines > 0) {
    findings.unshift(`${preamble_lines} ${preamble_lines === 1 ? 'line stands' : 'lines stand'} before the table.`);
  }
  const footer = complete ? findFooter(rows.slice(header.begin + header.rows), columns) : 0;
  if (footer > 0) findings.push(`${footer} ${footer === 1 ? 'line stands' : 'lines stand'} behind the last record.`);
  return { preamble_lines, header_rows: header.rows, footer_lines: footer, findings };
}

interface Header {
  /** Index of its first row, and how many there are; 0: the first record. */
  begin: number;
  rows: number;
  finding: string;
}

/** Comments are skipped by the reader, and are no preamble; with other lines above the header all of them are. */
function linesBefore(rows: SampleRow[], first: number, comment: string | null): number {
  const others = rows.slice(0, first).some((row) => comment === null || !row.cells[0].startsWith(comment));
  return others ? rows[first].line : 0;
}

function headerByName(top: SampleRow[], known: ReadonlySet<string>): Header | null {
  if (known.size === 0) return null;
  let begin = -1;
  let most = 0;
  for (const [index, row] of top.entries()) {
    const found = new Set(row.cells.map((cell) => cell.toLowerCase()).filter((name) => known.has(name))).size;
    if (found > most) [begin, most] = [index, found];
  }
  if (begin < 0 || (most === 1 && known.size > 2 && top[begin].cells.length > 2)) return null;
  return {
    begin,
    rows: 1,
    finding: `Line ${top[begin].line + 1} is the header: it names ${most} of the known columns.`,
  };
}

function headerByKinds(top: SampleRow[], columns: Columns): Header {
  if (top.length === 0) return { begin: 0, rows: 1, finding: 'There is no record.' };
  const first_record = top.findIndex((row) => isRecord(row, columns));
  if (first_record === 0) return numberedHeader(top) ?? none(0, 'the first line fits the columns below it');
  // In one column every line may be anything.
  if (columns.width < 2)
    return { begin: 0, rows: 1, finding: `Line ${top[0].line + 1} is the header of the only column.` };
  const above = first_record < 0 ? top : top.slice(0, first_record);
  const titles = findTitles(above, columns, first_record > 0);
  if (titles === null) return none(Math.max(0, first_record), 'no line above the first record has titles');
  const { begin, end } = titles;
  const [first, last] = [above[begin].line + 1, above[end - 1].line + 1];
  const finding = end - begin === 1 ? `Line ${first} is the header` : `Lines ${first} to ${last} are the header`;
  const why = columns.telling ? 'titles above columns of values' : 'the first full line';
  return { begin, rows: end - begin, finding: `${finding}: ${why}.` };
}

function none(begin: number, why: string): Header {
  return { begin, rows: 0, finding: `There is no header: ${why}.` };
}

/** Whether a row is data rather than titles: it fits the columns, or, with a delimiter too many or too few, holds values still. */
function isRecord(row: SampleRow, { kinds, width }: Columns): boolean {
  const expected = kinds.filter((kind) => kind !== null).length;
  if (expected === 0) return false;
  if (row.cells.length === width) {
    const { fitting, titles } = fitOf(row, kinds);
    return fitting > titles * TITLE_WEIGHT;
  }
  return row.cells.length > 1 && row.values >= Math.max(2, expected / 2);
}

/** Years and the like as titles: whole numbers in equal steps above columns of other numbers. */
function numberedHeader(top: SampleRow[]): Header | null {
  const [row, next] = top;
  if (next === undefined) return null;
  const numbers = row.cells.filter((_, column) => row.kinds[column] === CELL_KIND.number).map(Number);
  const words = row.kinds.some((kind) => kind === CELL_KIND.word || kind === CELL_KIND.phrase);
  const step = numbers[1] - numbers[0];
  const equal = numbers.every((number, index) => index === 0 || number - numbers[index - 1] === step);
  const years = numbers.every((number) => Number.isInteger(number) && number >= 1800 && number <= 2100);
  const rest = row.kinds.every(
    (kind) => kind === CELL_KIND.number || kind >= CELL_KIND.code || kind === CELL_KIND.empty,
  );
  if (!words || !rest || numbers.length < 2 || step === 0 || !equal || !years) return null;
  if (next.cells.every((cell, column) => cell === row.cells[column])) return null;
  return { begin: 0, rows: 1, finding: `Line ${row.line + 1} is the header: its numbers are years.` };
}
