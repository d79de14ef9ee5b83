import { checkExpression, type ExpressionColumn } from '@millrace/expression';
import { FREE_SCALE } from './bounds.js';
import type { ColumnConfig } from './schema.js';

const FUNCTIONS = ['month', 'net_amount'];

/** Whether a column is derived by an expression, not by one of the two functions. */
export function isExpression({ derive }: ColumnConfig): boolean {
  return derive !== undefined && !FUNCTIONS.includes(derive);
}

/** What an expression in column `index` may read: every column of the source, and derived ones that stand before it. */
export function readableBy(columns: ColumnConfig[], index: number): ExpressionColumn[] {
  return typeColumns(columns.filter(({ derive }, at) => derive === undefined || at < index));
}

/** The columns as expressions see them. The derived ones must have been checked. */
export function typeColumns(columns: ColumnConfig[]): ExpressionColumn[] {
  const typed: ExpressionColumn[] = [];
  const read = columns.filter(({ derive }) => derive === undefined).map((column) => typeOf(column, isNullable(column)));
  for (const column of columns) {
    if (column.derive === undefined) typed.push(read.find(({ name }) => name === column.name) as ExpressionColumn);
    else {
      const known = [...typed, ...read.filter(({ name }) => !typed.some((other) => other.name === name))];
      typed.push(typeOf(column, column.on_invalid === 'null' || derivesNull(column, known)));
    }
  }
  return typed;
}

function isNullable({ required, on_invalid, default: fallback }: ColumnConfig): boolean {
  return on_invalid === 'null' || (!required && fallback == null);
}

function derivesNull(column: ColumnConfig, known: ExpressionColumn[]): boolean {
  if (isExpression(column)) return checkExpression(column.derive as string, known).nullable;
  return (column.from ?? []).some((name) => known.find((other) => other.name === name)?.nullable);
}

function typeOf({ name, type, scale, precision }: ColumnConfig, nullable: boolean): ExpressionColumn {
  const digits = type === 'decimal' ? (scale ?? FREE_SCALE) : type === 'timestamp' ? 6 : 0;
  return { name, type, scale: digits, precision: precision ?? null, nullable };
}

/** The columns that an expression reads, by their place; pseudo columns, such as `_file`, have none. */
export function placesOf(names: string[], indexOf: (name: string) => number): number[] {
  return names.map(indexOf).filter((index) => index >= 0);
}
