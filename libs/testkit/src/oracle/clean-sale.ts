import { LIMITS, type RejectCode } from '@millrace/contracts';
import { decimalText, divideRounded } from '../exact-sum.js';

/** A row of public.sales as text; every value as PostgreSQL prints it, the discount without needless zeros. */
export interface Sale {
  order_id: string;
  product_name: string;
  category: string;
  quantity: string;
  unit_price: string;
  discount_percent: string;
  region: string;
  sale_date: string;
  sale_month: string;
  customer_email: string | null;
  revenue: string;
}

export interface Rejection {
  column: string | null;
  code: RejectCode;
}

/** Digits behind the point that PostgreSQL's numeric can hold. */
const NUMERIC_SCALE_LIMIT = 16_383;

interface Decimal {
  digits: bigint;
  scale: number;
}

/**
 * The rules of the sales dataset, read off issue 1 part 4 one by one, on strings and BigInt.
 * @param fields by column name, one character a byte; a column that the file lacks is missing
 */
export function cleanSale(fields: ReadonlyMap<string, string>): Sale | Rejection {
  const value = (column: string) => trimmed(fields.get(column) ?? '');
  const order_id = requiredText(value('order_id'));
  if (typeof order_id !== 'string') return { column: 'order_id', code: order_id.code };
  const quantity = quantityOf(value('quantity'));
  if (typeof quantity !== 'bigint') return { column: 'quantity', code: quantity.code };
  const price = priceOf(value('unit_price'));
  if ('code' in price) return { column: 'unit_price', code: price.code };
  const discount = discountOf(value('discount_percent'));
  const sale_date = isRealDate(value('sale_date')) ? value('sale_date') : '1970-01-01';
  return {
    order_id,
    product_name: optionalText(value('product_name')) ?? 'unknown_product',
    category: optionalText(value('category')) ?? 'unknown',
    quantity: quantity.toString(),
    unit_price: decimalText(price.digits * 10n ** BigInt(4 - price.scale), 4),
    discount_percent: decimalText(discount.digits, discount.scale),
    region: optionalText(value('region')) ?? 'north',
    sale_date,
    sale_month: sale_date.slice(0, 7),
    customer_email: emailOf(value('customer_email')),
    revenue: decimalText(revenueCents(quantity, price, discount), 2),
  };
}

export function trimmed(value: string): string {
  return value.replace(/^[ \t\r\n]+/, '').replace(/[ \t\r\n]+$/, '');
}

/** The text of the bytes; null when they are not UTF-8. */
function decoded(bytes: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return null;
  }
}

function requiredText(value: string): string | { code: RejectCode } {
  if (value === '') return { code: 'blank' };
  if (value.length > LIMITS.key_bytes) return { code: 'too_long' };
  if (value.includes('\0')) return { code: 'nul_byte' };
  return decoded(value) ?? { code: 'invalid_utf8' };
}

/** Undefined where the default stands in: missing, too long for a dimension, or not storable as text. */
function optionalText(value: string): string | undefined {
  const text = requiredText(value);
  return typeof text === 'string' ? text : undefined;
}

function quantityOf(value: string): bigint | { code: RejectCode } {
  if (value === '') return { code: 'blank' };
  if (!/^[0-9]+$/.test(value)) return { code: 'not_integer' };
  const quantity = BigInt(value);
  return quantity >= 1n && quantity <= 1_000_000_000n ? quantity : { code: 'out_of_range' };
}

/** A decimal literal without zeros at its end: the scale is what the value needs. */
function decimalOf(value: string): Decimal | null {
  const match = /^([0-9]*)(?:\.([0-9]+))?$/.exec(value);
  if (!match || value === '') return null;
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  return { digits: BigInt(match[1] + fraction), scale: fraction.length };
}

function priceOf(value: string): Decimal | { code: RejectCode } {
  if (value === '') return { code: 'blank' };
  const price = decimalOf(value);
  if (!price) return { code: 'not_decimal' };
  const fits = price.scale <= 4 && price.digits < 10n ** BigInt(14 + price.scale);
  return fits && price.digits > 0n ? price : { code: 'out_of_range' };
}

function discountOf(value: string): Decimal {
  const discount = decimalOf(value);
  const storable = discount !== null && discount.scale <= NUMERIC_SCALE_LIMIT;
  const within = storable && discount.digits <= 100n * 10n ** BigInt(discount.scale);
  return within ? discount : { digits: 0n, scale: 0 };
}

function isRealDate(value: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(value)) return false;
  const [year, month, day] = value.split('-').map(Number);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  // PostgreSQL has no year 0.
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}

function emailOf(value: string): string | null {
  const text = value.includes('\0') ? null : decoded(value);
  if (text === null || /[\t-\r ]/.test(text)) return null;
  const sides = text.split('@');
  if (sides.length !== 2 || sides[0] === '') return null;
  return /^.+\..+$/.test(sides[1]) ? text : null;
}

function revenueCents(quantity: bigint, price: Decimal, discount: Decimal): bigint {
  const hundred = 100n * 10n ** BigInt(discount.scale);
  const dividend = quantity * price.digits * (hundred - discount.digits) * 100n;
  return divideRounded(dividend, 10n ** BigInt(price.scale) * hundred);
}
