import { NULL_CODE } from '@millrace/columnar';
import type { ColumnPlan } from '@millrace/dataset';
import { type CodeColumn, FAILURE, NULL_SPAN, type SpanColumn, type WorkingSet } from '../working-set.js';
import { type Cells, failRow, left } from './cells.js';
import { becomesNull, rejectsFor } from './fallback.js';
import { textFault } from './fault.js';

/** Text that is kept as it stands. */
export function validateText(set: WorkingSet, column: ColumnPlan, cells: Cells, into: SpanColumn): void {
  const { bytes } = set.records;
  const { start, end, offset } = cells;
  const lefts = takeSpans(set, column.max_bytes, cells, into);
  for (let place = 0; place < lefts; place++) {
    const row = left[place];
    const from = start[offset + row];
    const to = end[offset + row];
    const code =
      from === to ? FAILURE.blank : to - from > column.max_bytes ? FAILURE.too_long : textFault(bytes, from, to);
    if (code !== 0) refuseText(set, column, cells, into, row, code);
  }
}

/** Takes all values, and leaves those in `left` that are to be looked at. Answers how many. */
function takeSpans({ failure, records }: WorkingSet, most: number, cells: Cells, into: SpanColumn): number {
  const { count, dirty, dirt } = records;
  const { start, end, offset } = cells;
  const { start: into_start, end: into_end } = into;
  const odd = left;
  let lefts = 0;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const from = start[offset + row];
    const to = end[offset + row];
    into_start[row] = from;
    into_end[row] = to;
    if (from === to || to - from > most || (dirty && dirt[row] !== 0)) odd[lefts++] = row;
  }
  return lefts;
}

/** What becomes of a value that failed. */
export function refuseText(
  set: WorkingSet,
  column: ColumnPlan,
  cells: Cells,
  into: SpanColumn,
  row: number,
  code: number,
): void {
  if (rejectsFor(column, code)) failRow(set, row, column.index, code);
  into.start[row] = becomesNull(column, code) ? NULL_SPAN : cells.default_start;
  into.end[row] = cells.default_end;
}

/** Text of a dimension: interned. */
export function validateDimension(set: WorkingSet, column: ColumnPlan, cells: Cells, into: CodeColumn): void {
  const { view, count, dirty } = set.records;
  const { start, end, offset } = cells;
  const { max_bytes } = column;
  const { codes, entries } = into;
  entries.begin(view);
  const rows = { start, end, offset, count, skip: set.failure, least_bytes: 1, most_bytes: max_bytes };
  const lefts = entries.codesOf(rows, codes, left);
  for (let place = 0; place < lefts; place++) {
    const row = left[place];
    const code = start[offset + row] === end[offset + row] ? FAILURE.blank : FAILURE.too_long;
    refuseEntry(set, column, cells, into, row, code);
  }
  if (dirty) refuseDirt(set, column, cells, into);
}

/** Such values have codes by now, which nobody uses then. */
function refuseDirt(set: WorkingSet, column: ColumnPlan, cells: Cells, into: CodeColumn): void {
  const { failure } = set;
  const { bytes, count, dirt } = set.records;
  const { start, end, offset } = cells;
  for (let row = 0; row < count; row++) {
    if (dirt[row] === 0 || failure[row] !== 0) continue;
    const from = start[offset + row];
    const to = end[offset + row];
    const code = from < to && to - from <= column.max_bytes ? textFault(bytes, from, to) : 0;
    if (code !== 0) refuseEntry(set, column, cells, into, row, code);
  }
}

/** What becomes of a value of a dimension that failed. */
export function refuseEntry(
  set: WorkingSet,
  column: ColumnPlan,
  cells: Cells,
  into: CodeColumn,
  row: number,
  code: number,
): void {
  const { default_start, default_end } = cells;
  if (rejectsFor(column, code)) failRow(set, row, column.index, code);
  else if (default_start === NULL_SPAN || becomesNull(column, code)) into.codes[row] = NULL_CODE;
  else into.codes[row] = into.entries.codeOf(default_start, default_end);
}
