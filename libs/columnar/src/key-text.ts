import type { ColumnPlan, DatasetPlan } from '@millrace/dataset';
import { dateText, decimalText, timestampText } from './canonical.js';
import { type ColumnData, type Columns, decimalAt, isNull, textAt } from './columns.js';

/** The canonical text of one value; null for NULL. Not for the hot path. */
export function canonicalAt(column: ColumnPlan, data: ColumnData, row: number): string | null {
  switch (data.encoding) {
    case 'text':
    case 'dictionary':
      return textAt(data, row);
    case 'decimal': {
      const literal = decimalAt(data, column.scale, row);
      if (literal === null) return null;
      return column.type === 'timestamp' ? timestampText(literal) : decimalText(literal);
    }
    case 'integer':
      if (isNull(data.nulls, row)) return null;
      return column.type === 'boolean' ? String(data.values[row] !== 0) : String(data.values[row]);
    case 'date':
      return isNull(data.nulls, row) ? null : dateText(data.days[row]);
  }
}

/** Whether the key is one column of text: its bytes are then the key text, as they stand. */
export function hasPlainKey(plan: DatasetPlan): boolean {
  return plan.keys.length === 1 && isText(plan.columns[plan.keys[0]]);
}

function isText({ encoding }: ColumnPlan): boolean {
  return encoding === 'text' || encoding === 'dictionary';
}

/**
 * The key text of a row: one text column's value, else the JSON array of the columns' canonical texts. Hashes and the records of
 * duplicates are of these bytes. Not for a plan without a key, and not for the hot path: see KeyWriter.
 */
export function keyTextAt(plan: DatasetPlan, columns: Columns, row: number): string {
  const values = plan.keys.map((index) => canonicalAt(plan.columns[index], columns.columns[index], row) ?? '');
  return hasPlainKey(plan) ? values[0] : JSON.stringify(values);
}
