import type { Columns } from './column-kinds.js';
import type { SampleRow } from './sample-rows.js';

const MOST_HEADER_ROWS = 4;
/** A row of titles names so many of the columns that hold anything; one above another may name groups of them. */
const TITLES_SHARE = 0.5;
const NEARLY_FULL = 0.8;
/** Titles of texts stand among the first rows. */
const FIRST_ROWS = 10;
const DELIMITERS = [',', ';', '\t', '|', ' '];

/**
 * Finds the rows of titles among those above the first record.
 * @param reaches whether a record follows them @returns their range; null when there are none
 */
export function findTitles(
  above: SampleRow[],
  columns: Columns,
  reaches: boolean,
): { begin: number; end: number } | null {
  const title = reaches ? titleRow(above, columns) : firstTitleRow(above, columns);
  if (title < 0) return null;
  const last = lastTitles(above, title, columns, reaches);
  let begin = title;
  while (begin > 0 && last - begin + 1 < MOST_HEADER_ROWS && isUpperHeader(above, begin, columns)) begin--;
  return { begin, end: last + 1 };
}

/**
 * Index of the row of titles: the first that is as wide as the records and nearly as full as any of those; else the last that is nearly
 * so wide, or would be but for its quotes or another delimiter. -1: there is none.
 */
function titleRow(above: SampleRow[], columns: Columns): number {
  const { width } = columns;
  const isFull = (row: SampleRow) => row.cells.length === width && isTitles(row, columns);
  const fullest = Math.max(...above.filter(isFull).map(({ filled }) => filled));
  const first = above.findIndex((row) => isFull(row) && row.filled >= NEARLY_FULL * fullest);
  if (first >= 0) return first;
  const isNear = (row: SampleRow) => Math.abs(row.cells.length - width) <= Math.max(1, width / 2);
  return above.findLastIndex((row) => (isNear(row) && isTitles(row, columns)) || isBrokenHeader(row, width));
}

/** The same where no record follows: then the rows may be records themselves, and only the first of them can be titles. */
function firstTitleRow(rows: SampleRow[], columns: Columns): number {
  const { width } = columns;
  const first = rows.slice(0, FIRST_ROWS);
  const full = first.findIndex((row) => row.cells.length === width && isTitles(row, columns));
  return full >= 0 ? full : first.findIndex((row) => row.filled >= Math.min(2, width));
}

function isTitles(row: SampleRow, { used }: Columns): boolean {
  return row.filled >= Math.max(1, TITLES_SHARE * used) && row.values <= row.filled / 2;
}

/** A line that a stray quote or another delimiter than elsewhere keeps from being split into titles. */
function isBrokenHeader(row: SampleRow, width: number): boolean {
  if (width <= 2 || row.values > 0) return false;
  return DELIMITERS.some((delimiter) => row.first_line.split(delimiter).length === width);
}

/** Rows below belong to the header too when they repeat it, or when nothing but titles stands between it and the first record. */
function lastTitles(above: SampleRow[], title: number, { width, used }: Columns, reaches: boolean): number {
  let repeated = title;
  while (above[repeated + 1]?.cells.join('\n') === above[title].cells.join('\n')) repeated++;
  if (!reaches) return repeated;
  const below = above.slice(title + 1);
  const titles = below.every(
    (row, index) =>
      row.cells.length === width &&
      row.values === 0 &&
      row.filled >= TITLES_SHARE * used &&
      row.line === above[title + index].line + above[title + index].lines,
  );
  return titles && below.length < MOST_HEADER_ROWS ? above.length - 1 : repeated;
}

/** Whether the row above `begin` belongs to the header too: it stands directly above, and holds titles only, of groups perhaps. */
function isUpperHeader(above: SampleRow[], begin: number, { width, used, telling }: Columns): boolean {
  const [upper, lower] = [above[begin - 1], above[begin]];
  if (upper.cells.length !== width || upper.line + upper.lines !== lower.line) return false;
  if (!telling) return upper.cells.join('\n') === lower.cells.join('\n');
  return upper.values === 0 && upper.filled >= Math.max(2, TITLES_SHARE * used);
}
