import { type Columns, fitOf } from './column-kinds.js';
import type { SampleRow } from './sample-rows.js';

const MOST_FOOTER_LINES = 20;
/** A footer is short beside the table. */
const FOOTER_SHARE = 1 / 3;
/** What a line of sums is called. */
const SUM = /^(?:grand )?(?:total|sum):?$/i;
/** Words that begin a note rather than a record. */
const NOTE =
  /^(?:\*|foot|note|source|total|sum\b|grand|copyright|©|generated|created|exported|end of|eof\b|-{3,}|={3,})/i;

/**
 * How many lines at the end are a footer rather than records: they have fewer fields than the others, and stand behind a
 * blank line or begin like a note. What merely is broken stays a record.
 */
export function findFooter(records: SampleRow[], { width, kinds }: Columns): number {
  if (width < 2) return 0;
  let begin = records.length;
  while (begin > 0 && isShort(records[begin - 1], width)) begin--;
  const found = records.slice(begin);
  if (found.length === 0 || found.length > FOOTER_SHARE * records.length) return 0;
  // Of what is short at the end, the footer begins at the first line that looks like one.
  const first = found.findIndex((row, index) => {
    const before = records[begin + index - 1];
    const behind_gap = before !== undefined && (row.line > before.line + before.lines || before.filled === 0);
    const { fitting } = fitOf(row, kinds);
    return row.filled === 0 || NOTE.test(row.cells[0]) || (behind_gap && fitting === 0);
  });
  if (first < 0) return 0;
  // Blank lines between them do not count: the reader passes over them wherever they stand.
  const lines = found.slice(first).reduce((sum, row) => sum + row.lines, 0);
  return lines > MOST_FOOTER_LINES ? 0 : lines;
}

function isShort(row: SampleRow, width: number): boolean {
  if (row.cells.length > width) return false;
  if (row.cells.length < width) return row.filled <= Math.max(1, width / 2);
  return width > 2 && (row.filled <= 1 || (row.filled <= width / 2 && SUM.test(row.cells[0])));
}
