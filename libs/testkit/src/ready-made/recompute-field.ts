import type { RejectCode } from '@millrace/contracts';
import type { DatasetConfig } from '@millrace/dataset';
import type { Row } from './table-shape.js';

type Column = DatasetConfig['columns'][number];
/** By the text of the config's expression, or `month` and `net_amount`. */
export type Derivations = Record<string, (row: Row, from: readonly string[], file: string) => string | null>;

/** One field by the rules of its column: its value (as table-shape.ts spells values), or why the record is a reject. */
export function cleanField(
  column: Column,
  null_words: readonly string[],
  field: string,
): { value: string | null } | { code: RejectCode } {
  const text = field.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
  const fallback = column.default ?? null;
  if (text === '' || null_words.includes(text)) return column.required ? { code: 'blank' } : { value: fallback };
  const result = valid(column, text);
  if ('value' in result) return result;
  const policy = column.on_invalid ?? (column.required ? 'reject' : 'default');
  if (policy === 'reject') return result;
  return { value: policy === 'null' ? null : fallback };
}

function valid(column: Column, text: string): { value: string } | { code: RejectCode } {
  switch (column.type) {
    case 'text':
      if (column.values && !column.values.includes(text)) return { code: 'not_in_values' };
      if (column.pattern && !new RegExp(column.pattern).test(text)) return { code: 'pattern_mismatch' };
      return { value: text };
    case 'email':
      return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(text) ? { value: text } : { code: 'not_email' };
    case 'boolean':
      return text === 'true' || text === 'false' ? { value: text } : { code: 'not_boolean' };
    case 'integer':
    case 'bigint':
    case 'decimal':
      return validNumber(column, text);
    case 'date':
      return isRealDate(text) && !(column.min && text < column.min)
        ? { value: text }
        : { code: isRealDate(text) ? 'out_of_range' : 'not_date' };
    case 'timestamp':
      return validTimestamp(column, text);
    default:
      throw new Error(`no rule for ${column.type}`);
  }
}

/** Every number of these configs is at least 0, so that a sign is no part of one. */
function validNumber({ type, min, max, above, precision, scale }: Column, text: string) {
  if (type !== 'decimal' && !/^\d+$/.test(text)) return { code: 'not_integer' as const };
  if (!/^(\d+(\.\d+)?|\.\d+)$/.test(text)) return { code: 'not_decimal' as const };
  const number = Number(text);
  const fraction = (text.split('.')[1] ?? '').replace(/0+$/, '');
  const digits = precision === undefined ? Number.POSITIVE_INFINITY : precision - scale!;
  const fits =
    fraction.length <= (scale ?? 0) &&
    number < 10 ** digits &&
    number >= Number(min ?? 0) &&
    number <= Number(max ?? (type === 'integer' ? 2 ** 31 - 1 : Number.POSITIVE_INFINITY)) &&
    (above === undefined || number > Number(above));
  return fits ? { value: text.replace(/^0+(?=\d)/, '') } : { code: 'out_of_range' as const };
}

const FORMATS: Record<string, RegExp> = {
  'YYYY-MM-DDTHH:mm:ssZ': /^(?<day>\d{4}-\d\d-\d\d)T(?<time>\d\d:\d\d:\d\d)Z$/,
  'YYYY-MM-DD HH:mm:ss': /^(?<day>\d{4}-\d\d-\d\d) (?<time>\d\d:\d\d:\d\d)$/,
  'DD.MM.YYYY HH:mm': /^(?<d>\d\d)\.(?<m>\d\d)\.(?<y>\d{4}) (?<time>\d\d:\d\d)$/,
};
const ISO = ['YYYY-MM-DDTHH:mm:ssZ'];

function validTimestamp({ formats }: Column, text: string): { value: string } | { code: RejectCode } {
  for (const format of Array.isArray(formats) ? formats : ISO) {
    const { day, time, y, m, d } = FORMATS[format].exec(text)?.groups ?? {};
    const date = day ?? `${y}-${m}-${d}`;
    if (time && isRealDate(date)) return { value: `${date}T${time.padEnd(8, ':00')}Z` };
  }
  return { code: 'not_timestamp' };
}

function isRealDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const [year, month, day] = text.split('-').map(Number);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return (
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  );
}
