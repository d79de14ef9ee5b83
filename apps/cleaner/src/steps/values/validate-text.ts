import { NULL_CODE } from '@millrace/columnar';
import type { ColumnPlan } from '@millrace/dataset';
import { type CodeColumn, FAILURE, NULL_SPAN, type SpanColumn, type WorkingSet } from '../working-set.js';
import { type Cells, failRow } from './cells.js';
import { textFault } from './fault.js';

/** Text that is kept as it stands. */
export function validateText(set: WorkingSet, column: ColumnPlan, cells: Cells, into: SpanColumn): void {
  const { failure } = set;
  const { bytes, count, dirty } = set.records;
  const { start, end, offset, default_start, default_end } = cells;
  const { max_bytes, required } = column;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const from = start[offset + row];
    const to = end[offset + row];
    let code = from === to ? FAILURE.blank : to - from > max_bytes ? FAILURE.too_long : 0;
    if (dirty && code === 0) code = textFault(bytes, from, to);
    if (code !== 0 && required) failRow(set, row, column.index, code);
    into.start[row] = code === 0 ? from : default_start;
    into.end[row] = code === 0 ? to : default_end;
  }
}

/** Text of a dimension: interned. */
export function validateDimension(set: WorkingSet, column: ColumnPlan, cells: Cells, into: CodeColumn): void {
  const { failure } = set;
  const { bytes, view, count, dirty } = set.records;
  const { start, end, offset, default_start, default_end } = cells;
  const { max_bytes, required } = column;
  const { codes, entries } = into;
  entries.begin(view);
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const from = start[offset + row];
    const to = end[offset + row];
    let code = from === to ? FAILURE.blank : to - from > max_bytes ? FAILURE.too_long : 0;
    if (dirty && code === 0) code = textFault(bytes, from, to);
    if (code === 0) codes[row] = entries.codeOf(from, to);
    else if (required) failRow(set, row, column.index, code);
    else codes[row] = default_start === NULL_SPAN ? NULL_CODE : entries.codeOf(default_start, default_end);
  }
}
