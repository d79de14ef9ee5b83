import type { ColumnPlan } from '@millrace/dataset';
import { FAILURE } from '../working-set.js';

/** Whether a value that failed with this code rejects its record: a missing one in a required column, an invalid one by the column's rule. */
export function rejectsFor(column: ColumnPlan, code: number): boolean {
  return code === FAILURE.blank ? column.required : column.on_invalid === 'reject';
}

/** Of one that does not: whether NULL stands in for it, whatever the column's default is. */
export function becomesNull(column: ColumnPlan, code: number): boolean {
  return code !== FAILURE.blank && column.on_invalid === 'null';
}
