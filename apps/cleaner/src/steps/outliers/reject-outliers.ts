import { CHUNK_FLAG } from '@millrace/contracts';
import type { ColumnPlan } from '@millrace/dataset';
import { failRow, writeSpare } from '../values/cells.js';
import {
  FAILURE,
  type IntColumn,
  type LanesColumn,
  NULL_SPAN,
  type SpanColumn,
  type WorkingSet,
} from '../working-set.js';
import { NO_NUMBERS, numbersOf, rowsBeyond, sortedNumbers } from './column-numbers.js';
import { fencesOf } from './fences.js';

/** Of the chunk at work: by row the names of the columns in which it is an outlier, joined with commas. */
const flagged = new Map<number, string>();

/**
 * Rejects or flags the outliers of the columns that were read from the source, or of those that were derived. The fences of all
 * of them are of the rows accepted so far; a row is told with the first column in which it is one.
 */
export function rejectOutliers(set: WorkingSet, of: 'read' | 'derived'): void {
  if (of === 'read') flagged.clear();
  const derived = of === 'derived';
  const ruled = set.plan.columns.filter((column) => column.outliers && (column.derive !== null) === derived);
  const found = ruled.map((column) => outliersOf(set, column));
  ruled.forEach((column, index) => {
    for (const row of found[index]) {
      if (set.failure[row] !== 0) continue;
      if (column.outliers?.action === 'reject') failRow(set, row, column.index, FAILURE.outlier);
      else flagged.set(row, flagged.has(row) ? `${flagged.get(row)},${column.name}` : column.name);
    }
  });
}

/** Accepted rows whose value lies beyond the fences. */
function outliersOf(set: WorkingSet, { outliers, scale, index }: ColumnPlan): number[] {
  if (!outliers) return [];
  const numbers = numbersOf(set, set.columns[index] as IntColumn | LanesColumn, scale);
  const fixed = outliers.low !== null && outliers.high !== null;
  // What a live chunk holds is chance: its rows are measured by fixed fences only.
  const live = (set.chunk.flags & CHUNK_FLAG.entries) !== 0;
  const values = fixed || live ? NO_NUMBERS : sortedNumbers(numbers, set);
  const { low, high } = fencesOf(outliers, values, numbers.scale);
  return low === null && high === null ? [] : rowsBeyond(numbers, set, low, high);
}

/** Fills the hidden column that names the columns in which a row is an outlier. */
export function writeOutliers(set: WorkingSet): void {
  const { plan, records } = set;
  if (plan.outliers_column === null) return;
  const { start, end } = set.columns[plan.outliers_column] as SpanColumn;
  start.fill(NULL_SPAN, 0, records.count);
  const written = new Map<string, { from: number; to: number }>();
  for (const [row, names] of flagged) {
    let span = written.get(names);
    if (!span) {
      const from = writeSpare(records, names);
      span = { from, to: records.spare };
      written.set(names, span);
    }
    start[row] = span.from;
    end[row] = span.to;
  }
}
