import { NULL_CODE } from '@millrace/columnar';
import type { ColumnPlan } from '@millrace/dataset';
import { type CodeColumn, FAILURE, NULL_SPAN, type SpanColumn, type WorkingSet } from '../working-set.js';
import { type Cells, failRow } from './cells.js';
import { becomesNull, rejectsFor } from './fallback.js';
import { textFault } from './fault.js';

/** Text that is kept as it stands. */
export function validateText(set: WorkingSet, column: ColumnPlan, cells: Cells, into: SpanColumn): void {
  const { failure } = set;
  const { bytes, count, dirty } = set.records;
  const { start, end, offset } = cells;
  const { max_bytes } = column;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const from = start[offset + row];
    const to = end[offset + row];
    let code = from === to ? FAILURE.blank : to - from > max_bytes ? FAILURE.too_long : 0;
    if (dirty && code === 0) code = textFault(bytes, from, to);
    into.start[row] = from;
    into.end[row] = to;
    if (code !== 0) refuseText(set, column, cells, into, row, code);
  }
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
  const { failure } = set;
  const { bytes, view, count, dirty } = set.records;
  const { start, end, offset } = cells;
  const { max_bytes } = column;
  const { codes, entries } = into;
  entries.begin(view);
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const from = start[offset + row];
    const to = end[offset + row];
    let code = from === to ? FAILURE.blank : to - from > max_bytes ? FAILURE.too_long : 0;
    if (dirty && code === 0) code = textFault(bytes, from, to);
    if (code === 0) codes[row] = entries.codeOf(from, to);
    else refuseEntry(set, column, cells, into, row, code);
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
