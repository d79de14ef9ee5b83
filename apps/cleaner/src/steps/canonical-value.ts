import {
  dateText,
  decimalText,
  joinLanes,
  microsecondsText,
  NULL_CODE,
  scaledText,
  timestampText,
  WIDE,
} from '@millrace/columnar';
import { LIMITS } from '@millrace/contracts';
import type { ColumnPlan } from '@millrace/dataset';
import { storableText } from './storable-text.js';
import { type LanesColumn, NULL_INT, NULL_SPAN, type WorkingSet } from './working-set.js';

/** The text of a value in the working set; null for NULL. For what is told, not for the hot path. */
export function canonicalValue(
  { columns, records }: WorkingSet,
  { index, type, scale }: ColumnPlan,
  row: number,
): string | null {
  const column = columns[index];
  switch (column.encoding) {
    case 'text':
      if (column.start[row] === NULL_SPAN) return null;
      return storableText(records.bytes, column.start[row], column.end[row], LIMITS.reject_value_bytes);
    case 'dictionary': {
      const { codes, entries } = column;
      if (codes[row] === NULL_CODE) return null;
      const { buffer, byteOffset } = entries.view;
      const from = entries.start[codes[row]];
      const value = Buffer.from(buffer, byteOffset + from, entries.end[codes[row]] - from);
      return storableText(value, 0, value.length, LIMITS.reject_value_bytes);
    }
    case 'decimal':
      if (column.high[row] === NULL_INT) return null;
      return type === 'timestamp' ? timestampAt(column, row) : decimalText(literalAt(column, row, scale));
    case 'date':
      return column.values[row] === NULL_INT ? null : dateText(column.values[row]);
    case 'integer':
      if (column.values[row] === NULL_INT) return null;
      return type === 'boolean' ? String(column.values[row] !== 0) : String(column.values[row]);
  }
}

/** A value that is not NULL as a decimal literal. */
function literalAt({ low, high, wide }: LanesColumn, row: number, scale: number): string {
  return high[row] === WIDE ? wide[low[row]] : scaledText(joinLanes(low[row], high[row]), scale);
}

/** A value that is not NULL, as the key text has it. */
function timestampAt({ low, high, wide }: LanesColumn, row: number): string {
  return high[row] === WIDE ? timestampText(wide[low[row]]) : microsecondsText(joinLanes(low[row], high[row]));
}
