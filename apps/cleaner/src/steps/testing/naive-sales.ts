import type { Row } from './read-cleaned.js';

/**
 * The sales rules once more, on strings (one character a byte) and BigInt: nothing here is shared with what it checks.
 * @returns the row, or [column, code] of its reject
 */
export function cleanNaively(raw: Row): Row | [string, string] {
  const values = Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, trim(value ?? '')]));
  const key = textProblem(values.order_id);
  if (key) return ['order_id', key];
  if (values.quantity === '') return ['quantity', 'blank'];
  if (!/^[0-9]+$/.test(values.quantity)) return ['quantity', 'not_integer'];
  const quantity = BigInt(values.quantity);
  if (quantity < 1n || quantity > 1_000_000_000n) return ['quantity', 'out_of_range'];
  if (values.unit_price === '') return ['unit_price', 'blank'];
  const price = decimal(values.unit_price);
  if (!price) return ['unit_price', 'not_decimal'];
  if (price.whole.length > 14 || price.fraction.length > 4 || price.units === 0n) return ['unit_price', 'out_of_range'];
  let percent = decimal(values.discount_percent);
  if (!percent || percent.units > 100n * percent.one || percent.fraction.length > 16383) percent = decimal('0')!;
  const date = isReal(values.sale_date) ? values.sale_date : '1970-01-01';

  // cents = quantity * price * (100 - percent) / 100 * 100
  const above = quantity * price.units * (100n * percent.one - percent.units);
  const below = price.one * percent.one;
  const cents = above / below + (2n * (above % below) >= below ? 1n : 0n);
  const digits = cents.toString().padStart(3, '0');
  return {
    order_id: utf8(values.order_id),
    product_name: dimension(values.product_name, 'unknown_product'),
    category: dimension(values.category, 'unknown'),
    quantity: quantity.toString(),
    unit_price: price.text,
    discount_percent: percent.text,
    region: dimension(values.region, 'north'),
    sale_date: date,
    sale_month: date.slice(0, 7),
    customer_email: email(values.customer_email),
    revenue: decimal(`${digits.slice(0, -2)}.${digits.slice(-2)}`)!.text,
  };
}

const trim = (text: string) => text.replace(/^[ \t\r\n]+/, '').replace(/[ \t\r\n]+$/, '');

const utf8 = (bytes: string) =>
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'));

function textProblem(value: string, limit = 512): string | undefined {
  if (value === '') return 'blank';
  if (value.length > limit) return 'too_long';
  if (value.includes('\0')) return 'nul_byte';
  try {
    utf8(value);
    return undefined;
  } catch {
    return 'invalid_utf8';
  }
}

const dimension = (value: string, fallback: string) => (textProblem(value) ? fallback : utf8(value));

function email(value: string): string | null {
  if (textProblem(value, Number.POSITIVE_INFINITY)) return null;
  return /^[^@ \t\n\v\f\r]+@[^@ \t\n\v\f\r]+\.[^@ \t\n\v\f\r]+$/.test(value) ? utf8(value) : null;
}

function decimal(value: string) {
  const match = /^([0-9]*)(?:\.([0-9]+))?$/.exec(value);
  if (!match || value === '') return null;
  const whole = match[1].replace(/^0+/, '');
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  const units = BigInt(`0${whole}${fraction}`);
  return {
    whole,
    fraction,
    units,
    one: 10n ** BigInt(fraction.length),
    text: (whole || '0') + (fraction && `.${fraction}`),
  };
}

function isReal(value: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(value) || value < '0001') return false;
  const [year, month, day] = value.split('-').map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
