import { RECORD_FAULT, SLOT_STRIDE } from '@millrace/csv';
import type { ColumnPlan } from '@millrace/dataset';
import { type Cells, failRow, NO_DEFAULT } from './values/cells.js';
import { validateDate } from './values/validate-date.js';
import { validateDecimal } from './values/validate-decimal.js';
import { validateEmail } from './values/validate-email.js';
import { validateInteger } from './values/validate-integer.js';
import { validateDimension, validateText } from './values/validate-text.js';
import {
  type CodeColumn,
  FAILURE,
  type IntColumn,
  type LanesColumn,
  NO_COLUMN,
  type SpanColumn,
  type WorkingSet,
} from './working-set.js';

/**
 * Reads every source column into typed arrays, column by column in schema order: a value that is blank or invalid
 * takes the column's default, or rejects its record, whose later columns are then left alone.
 */
export function validateColumns(set: WorkingSet): void {
  const { plan, records } = set;
  rejectFaultyRecords(set);
  let spare = records.spare;
  plan.source_columns.forEach((index, slot) => {
    const column = plan.columns[index];
    const cells: Cells = { start: records.start, end: records.end, offset: slot * SLOT_STRIDE, ...NO_DEFAULT };
    if (column.default_value !== null && (column.type === 'text' || column.type === 'email')) {
      cells.default_start = spare;
      spare += records.bytes.write(column.default_value, spare);
      cells.default_end = spare;
    }
    validateColumn(set, column, cells);
  });
}

const FAILURE_OF: Record<number, number> = {
  [RECORD_FAULT.ragged]: FAILURE.ragged_row,
  [RECORD_FAULT.unclosed_quote]: FAILURE.unclosed_quote,
  [RECORD_FAULT.unreadable]: FAILURE.message_unreadable,
  [RECORD_FAULT.too_long]: FAILURE.record_too_long,
  [RECORD_FAULT.not_json]: FAILURE.not_json,
};

function rejectFaultyRecords(set: WorkingSet): void {
  const { failure } = set;
  const { count, faults } = set.records;
  failure.fill(0, 0, count);
  for (let row = 0; row < count; row++) {
    if (faults[row] !== RECORD_FAULT.none) failRow(set, row, NO_COLUMN, FAILURE_OF[faults[row]]);
  }
}

function validateColumn(set: WorkingSet, column: ColumnPlan, cells: Cells): void {
  const into = set.columns[column.index];
  switch (column.type) {
    case 'text':
      if (column.encoding === 'dictionary') validateDimension(set, column, cells, into as CodeColumn);
      else validateText(set, column, cells, into as SpanColumn);
      break;
    case 'email':
      validateEmail(set, column, cells, into as SpanColumn);
      break;
    case 'integer':
      validateInteger(set, column, cells, into as IntColumn);
      break;
    case 'decimal':
      validateDecimal(set, column, cells, into as LanesColumn);
      break;
    case 'date':
      validateDate(set, column, cells, into as IntColumn);
  }
}
