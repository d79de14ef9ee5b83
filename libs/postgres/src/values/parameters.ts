import { timestampText } from '@millrace/columnar';
import type { ColumnPlan } from '@millrace/dataset';
import type { Value } from './values.js';

type Typed = Pick<ColumnPlan, 'type'>;

/** The array type of a parameter that brings values of a column. */
export function arrayType({ type }: Typed): string {
  switch (type) {
    case 'integer':
    case 'boolean':
    case 'date':
      return 'int[]';
    case 'timestamp':
      return 'timestamptz[]';
    case 'decimal':
    case 'bigint':
      return 'numeric[]';
    default:
      return 'text[]';
  }
}

/** SQL that makes the column's type of an element of such an array. */
export function fromElement(element: string, { type }: Typed): string {
  if (type === 'boolean') return `(${element} <> 0)`;
  if (type === 'date') return `(date '1970-01-01' + ${element})`;
  return type === 'bigint' ? `${element}::bigint` : element;
}

/** A value as an element of such an array. */
export function toElement(value: Value, { type }: Typed): Value {
  return type === 'timestamp' && value !== null ? timestampText(String(value)) : value;
}
