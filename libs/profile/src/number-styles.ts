import type { NumberStyle } from '@millrace/dataset';

type Style = Pick<NumberStyle, 'decimal' | 'thousands'>;

/** In order of preference where several fit. */
export const STYLES: Style[] = [
  { decimal: '.', thousands: ',' },
  { decimal: ',', thousands: '.' },
  { decimal: ',', thousands: ' ' },
  { decimal: '.', thousands: ' ' },
  { decimal: '.', thousands: "'" },
];
const CURRENCY = /^(?<before>[$€£¥]|[A-Z]{3})?\s?(?<number>-?[\d.,' ]*\d)\s?(?<behind>[$€£¥]|[A-Z]{3})?$/;

/** A number in some style as plain digits, and the currency that stood beside it; undefined when it is none. */
export function plainNumber(value: string, style: Style): { digits: string; currency: string } | undefined {
  const groups = CURRENCY.exec(value)?.groups;
  if (!groups) return undefined;
  const [whole, fraction, ...more] = groups.number.split(style.decimal);
  if (more.length > 0) return undefined;
  const parts = style.thousands === null ? [whole] : whole.replace('-', '').split(style.thousands);
  const isGrouped = parts.length === 1 || (parts[0].length <= 3 && parts.slice(1).every((part) => part.length === 3));
  const digits = `${whole.startsWith('-') ? '-' : ''}${parts.join('').replace('-', '')}${fraction === undefined ? '' : `.${fraction}`}`;
  if (!isGrouped || !/^-?\d+(\.\d+)?$/.test(digits)) return undefined;
  return { digits, currency: groups.before ?? groups.behind ?? '' };
}
