import type { Dice } from '../../generator/dice.js';
import { MISSING, type Row, type TableShape } from '../../ready-made/table-shape.js';
import { BAD_COUNT, BAD_DATE, BAD_MONEY, badIdentifier } from '../bad-values.js';
import { money, orderId } from '../identifiers.js';
import { DAYS } from '../seasons.js';
import type { Order } from './orders.js';
import type { Product } from './products.js';

export const ORDER_ITEMS: TableShape = {
  dataset: 'order_items',
  table: 'order_items',
  key: ['order_id', 'line'],
  columns: [
    { name: 'order_id', kind: 'text', bad: badIdentifier('X17') },
    { name: 'line', kind: 'integer', bad: BAD_COUNT },
    { name: 'product_id', kind: 'text', bad: badIdentifier('Q17') },
    { name: 'category', kind: 'text', odd: [['other', MISSING]] },
    { name: 'order_date', kind: 'date', bad: BAD_DATE },
    { name: 'quantity', kind: 'integer', bad: BAD_COUNT },
    { name: 'unit_price', kind: 'decimal', scale: 2, bad: BAD_MONEY },
    { name: 'discount_percent', kind: 'decimal', scale: 2, odd: [['0', [...MISSING, 'half', '100.01', '-5']]] },
    { name: 'amount', kind: 'decimal', scale: 2, derive: (row) => money(amountCents(row)) },
    { name: 'order_month', kind: 'text', derive: ({ order_date }) => order_date!.slice(0, 7) },
  ],
  gold: [
    {
      table: 'revenue_by_category',
      dimensions: ['order_month', 'category'],
      measures: { items: 'count', quantity: ['sum', 'quantity'], revenue: ['sum', 'amount'] },
    },
    {
      table: 'revenue_by_product',
      dimensions: ['category', 'product_id'],
      measures: { items: 'count', quantity: ['sum', 'quantity'], revenue: ['sum', 'amount'] },
    },
  ],
  top: [
    { view: 'top10_products', of: 'revenue_by_product', by: 'revenue', within: [], n: 10 },
    { view: 'top3_products_by_category', of: 'revenue_by_product', by: 'quantity', within: ['category'], n: 3 },
  ],
  references: [
    { columns: ['order_id'], dataset: 'orders' },
    { columns: ['product_id'], dataset: 'products' },
  ],
};

const LINES = [1, 1, 1, 2, 2, 2, 3, 3, 4, 5];
const QUANTITIES = [1, 1, 1, 1, 1, 2, 2, 3, 4];
const DISCOUNTS = ['0', '0', '0', '0', '0', '5', '10', '15', '12.5', '33.33'];

/** The items of an order and what they add up to in cents. */
export function makeItems(dice: Dice, order: Order, products: readonly Product[]): { rows: Row[]; cents: number } {
  const rows: Row[] = [];
  let cents = 0;
  const lines = dice.pick(LINES);
  for (let line = 1; line <= lines; line++) {
    // The lower of two draws: some products are sold far more often than others.
    const { product_id, category, price_cents } =
      products[Math.min(dice.below(products.length), dice.below(products.length))];
    const row: Row = {
      order_id: orderId(order.number),
      line: String(line),
      product_id,
      category,
      order_date: DAYS[order.day],
      quantity: String(dice.pick(QUANTITIES)),
      unit_price: money(price_cents),
      discount_percent: dice.pick(DISCOUNTS),
    };
    cents += amountCents(row);
    rows.push(row);
  }
  return { rows, cents };
}

/** quantity * unit_price * (1 - discount_percent / 100) in cents, rounded half up, in whole numbers. */
function amountCents({ quantity, unit_price, discount_percent }: Row): number {
  const remaining = 10_000 - Math.round(Number(discount_percent) * 100);
  const product = Number(quantity) * Math.round(Number(unit_price) * 100) * remaining + 5000;
  return (product - (product % 10_000)) / 10_000;
}
