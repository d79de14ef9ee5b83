import { NULL_TEXT } from '../digest.js';
import { decimalText } from '../exact-sum.js';
import type { Order } from './order.js';
import { CATEGORIES, DAYS, PRODUCTS, REGIONS } from './vocabulary.js';

/** The row of public.sales that an order must become, in the order of SALES_COLUMNS, as digest.ts wants its fields. */
export function fieldsOf(order: Order, revenue_cents: number | bigint): string[] {
  const day = DAYS[order.day];
  return [
    order.key,
    PRODUCTS[order.product].name,
    CATEGORIES[order.category],
    String(order.quantity),
    literal(order.price, 4),
    order.discount,
    REGIONS[order.region],
    day,
    day.slice(0, 7),
    order.email ?? NULL_TEXT,
    literal(revenue_cents, 2),
  ];
}

const HUNDREDTHS = fractions(2);
const TEN_THOUSANDTHS = fractions(4);

function fractions(scale: number): string[] {
  return Array.from({ length: 10 ** scale }, (_, fraction) => `.${String(fraction).padStart(scale, '0')}`);
}

/** decimalText for numbers, without padding and BigInt: it is called twice a row. */
function literal(scaled: number | bigint, scale: 2 | 4): string {
  if (typeof scaled === 'bigint') return decimalText(scaled, scale);
  const table = scale === 2 ? HUNDREDTHS : TEN_THOUSANDTHS;
  const fraction = scaled % table.length;
  return (scaled - fraction) / table.length + table[fraction];
}
