import type { ColumnPlan, DatasetPlan } from '@millrace/dataset';

const NUMBERS = ['1', '10', '0.5', '100', '0', '-1'];

/** A row that passes the cleaner: a value for each column that is read from the source, by the column's own rules. */
export function exampleRow(plan: DatasetPlan): Record<string, string | number> {
  return Object.fromEntries(plan.source_columns.map((index) => [plan.columns[index].name, exampleValue(plan, index)]));
}

/** The same row as CSV, with its header. */
export function exampleCsv(plan: DatasetPlan): string {
  const row = exampleRow(plan);
  return `${Object.keys(row).join(',')}\n${Object.values(row).join(',')}\n`;
}

function exampleValue(plan: DatasetPlan, index: number): string | number {
  const column = plan.columns[index];
  if (column.type === 'email') return 'someone@example.com';
  if (column.type === 'date') return '2025-06-30';
  if (column.type === 'text') return exampleText(column, index === plan.key);
  const number = NUMBERS.find(
    (value) => isWithin(column, Number(value)) && (column.type === 'decimal' || !/\./.test(value)),
  );
  return number === undefined ? (column.min ?? column.max ?? '1') : Number(number);
}

function exampleText({ name, max_bytes }: ColumnPlan, isKey: boolean): string {
  const text = isKey ? `${name}-1` : `some ${name.replaceAll('_', ' ')}`;
  return text.slice(0, max_bytes);
}

function isWithin({ min, max, above }: ColumnPlan, value: number): boolean {
  return (
    (min === null || value >= Number(min)) &&
    (max === null || value <= Number(max)) &&
    (above === null || value > Number(above))
  );
}
