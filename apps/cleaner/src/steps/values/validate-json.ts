import type { ColumnPlan } from '@millrace/dataset';
import { isJson } from '../json/json-text.js';
import { FAILURE, type SpanColumn, type WorkingSet } from '../working-set.js';
import type { Cells } from './cells.js';
import { textFault } from './fault.js';
import { refuseText } from './validate-text.js';

/** JSON texts that PostgreSQL can hold, kept as they stand. */
export function validateJson(set: WorkingSet, column: ColumnPlan, cells: Cells, into: SpanColumn): void {
  const { failure } = set;
  const { bytes, count, dirty, dirt } = set.records;
  const { start, end, offset } = cells;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const from = start[offset + row];
    const to = end[offset + row];
    let code = from === to ? FAILURE.blank : 0;
    if (dirty && dirt[row] !== 0 && code === 0) code = textFault(bytes, from, to);
    if (code === 0 && !isJson(bytes, from, to)) code = FAILURE.not_json;
    into.start[row] = from;
    into.end[row] = to;
    if (code !== 0) refuseText(set, column, cells, into, row, code);
  }
}
