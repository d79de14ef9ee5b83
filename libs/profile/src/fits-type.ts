import type { ColumnPlan, NumberStyle } from '@millrace/dataset';

const WHOLE = /^[+-]?\d+(\.0*)?$/;
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,4})?$/i;
const BOOLEAN = /^(true|false|t|f|yes|no|y|n|on|off|1|0)$/i;
/** Some digits that are no number: but eight and more may be a day written without separators. */
const MOMENT = /\d.*\d/;
const DIGITS = /\d{8,}/g;

/**
 * Whether a value may be one of the column's type: a coarse look, which lets through some that cleaning rejects. It tells a
 * column that holds something else now, not a dirty value.
 */
export function fitsType(value: string, { type, number }: Pick<ColumnPlan, 'type' | 'number'>): boolean {
  switch (type) {
    case 'integer':
    case 'bigint':
      return WHOLE.test(plainNumber(value, number));
    case 'decimal':
      return DECIMAL.test(plainNumber(value, number));
    case 'boolean':
      return BOOLEAN.test(value);
    case 'date':
    case 'timestamp':
      return MOMENT.test(value) && !DECIMAL.test(value.replaceAll(DIGITS, ''));
    case 'email':
      return value.includes('@');
    case 'json':
      return isJson(value);
    case 'text':
      return true;
  }
}

function plainNumber(value: string, style: NumberStyle | null): string {
  if (!style) return value;
  let plain = value;
  for (const sign of style.currency) plain = plain.replace(sign, '');
  if (style.percent) plain = plain.replace('%', '');
  if (style.thousands) plain = plain.replaceAll(style.thousands, '');
  return plain.replace(style.decimal, '.').replaceAll(/\s/g, '');
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}
