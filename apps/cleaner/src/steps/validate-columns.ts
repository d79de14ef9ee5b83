import { RECORD_FAULT, SLOT_STRIDE } from '@millrace/csv';
import type { ColumnPlan } from '@millrace/dataset';
import { passesOf } from './column-passes.js';
import { type Cells, failRow, NO_DEFAULT, writeSpare } from './values/cells.js';
import { FAILURE, NO_COLUMN, type WorkingSet } from './working-set.js';

/**
 * Reads every source column into typed arrays, column by column in schema order: a value that is blank or invalid
 * takes the column's default, or rejects its record, whose later columns are then left alone.
 */
export function validateColumns(set: WorkingSet): void {
  const { plan, records } = set;
  const passes = passesOf(plan);
  plan.source_columns.forEach((index, slot) => {
    const column = plan.columns[index];
    const cells: Cells = { start: records.start, end: records.end, offset: slot * SLOT_STRIDE, ...NO_DEFAULT };
    if (column.default_value !== null && isText(column)) {
      cells.default_start = writeSpare(records, column.default_value);
      cells.default_end = records.spare;
    }
    for (const pass of passes[slot]) pass(set, cells);
  });
}

function isText({ encoding }: ColumnPlan): boolean {
  return encoding === 'text' || encoding === 'dictionary';
}

const FAILURE_OF: Record<number, number> = {
  [RECORD_FAULT.ragged]: FAILURE.ragged_row,
  [RECORD_FAULT.unclosed_quote]: FAILURE.unclosed_quote,
  [RECORD_FAULT.unreadable]: FAILURE.message_unreadable,
  [RECORD_FAULT.too_long]: FAILURE.record_too_long,
  [RECORD_FAULT.not_json]: FAILURE.not_json,
};

/** Every record begins accepted, unless it could not be read. */
export function rejectFaultyRecords(set: WorkingSet): void {
  const { failure } = set;
  const { count, faults } = set.records;
  const { none } = RECORD_FAULT;
  failure.fill(0, 0, count);
  for (let row = 0; row < count; row++) {
    if (faults[row] !== none) failRow(set, row, NO_COLUMN, FAILURE_OF[faults[row]]);
  }
}

/** Of a chunk that belongs to another table. */
export function rejectAll(set: WorkingSet, code: number): void {
  for (let row = 0; row < set.records.count; row++) failRow(set, row, NO_COLUMN, code);
}
