import type { ColumnPlan, DatasetPlan } from '@millrace/dataset';

const NUMBERS = ['1', '10', '0.5', '100', '0', '-1'];
/** What the parts of a date's format stand for in the example. */
const MOMENT: Record<string, string> = {
  YYYY: '2025',
  YY: '25',
  MMM: 'Jun',
  MM: '06',
  M: '6',
  DD: '30',
  D: '30',
  HH: '12',
  H: '12',
  hh: '12',
  h: '12',
  mm: '34',
  ss: '56',
  A: 'PM',
  Z: 'Z',
};
const TOKEN = /YYYY|YY|MMM|MM|M|DD|D|HH|H|hh|h|mm|ss|S+|A|Z/g;

/** A row that passes the cleaner: a value for each column that is read from the source, by the column's own rules. */
export function exampleRow(plan: DatasetPlan): Record<string, unknown> {
  return Object.fromEntries(plan.source_columns.map((index) => [headerOf(plan, index), exampleValue(plan, index)]));
}

/** The same row as CSV, with its header. */
export function exampleCsv(plan: DatasetPlan): string {
  const row = exampleRow(plan);
  const line = (fields: unknown[]) => fields.map(csvField).join(',');
  return `${line(Object.keys(row))}\n${line(Object.values(row))}\n`;
}

function headerOf(plan: DatasetPlan, index: number): string {
  return plan.columns[index].headers[0];
}

function csvField(value: unknown): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function exampleValue(plan: DatasetPlan, index: number): unknown {
  const column = plan.columns[index];
  if (column.values) return column.values[0];
  switch (column.type) {
    case 'email':
      return 'someone@example.com';
    case 'date':
      return momentIn(column, 'YYYY-MM-DD');
    case 'timestamp':
      return momentIn(column, 'YYYY-MM-DDTHH:mm:ssZ');
    case 'boolean':
      return true;
    case 'json':
      return {};
    case 'text':
      return exampleText(column, plan.keys.includes(index));
    default:
      return exampleNumber(column);
  }
}

function momentIn({ formats }: ColumnPlan, iso: string): string {
  const format = formats === 'auto' ? iso : (formats[0] ?? iso);
  return format.replace(TOKEN, (token) => MOMENT[token] ?? '0'.repeat(token.length));
}

function exampleNumber(column: ColumnPlan): number | string {
  const isWhole = column.type !== 'decimal';
  const number = NUMBERS.find((value) => isWithin(column, Number(value)) && !(isWhole && value.includes('.')));
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
