import type { Dice } from '../../generator/dice.js';
import { MISSING, type Row, type TableShape } from '../../ready-made/table-shape.js';
import { BAD_CHOICE, BAD_COUNT, BAD_MONEY, BAD_TIMESTAMP, badIdentifier } from '../bad-values.js';
import { customerId, money, orderId } from '../identifiers.js';
import { DAYS, timestampAt } from '../seasons.js';

export const ORDERS: TableShape = {
  dataset: 'orders',
  table: 'orders',
  key: ['order_id'],
  columns: [
    { name: 'order_id', kind: 'text', bad: badIdentifier('X17') },
    { name: 'customer_id', kind: 'text', bad: badIdentifier('K17') },
    { name: 'ordered_at', kind: 'timestamp', bad: BAD_TIMESTAMP },
    { name: 'order_date', kind: 'date', derive: ({ ordered_at }) => ordered_at!.slice(0, 10) },
    { name: 'status', kind: 'text', bad: BAD_CHOICE },
    { name: 'payment_method', kind: 'text', odd: [['other', [...MISSING, 'seashells']]] },
    { name: 'item_count', kind: 'integer', bad: BAD_COUNT },
    { name: 'shipping_fee', kind: 'decimal', scale: 2, odd: [['0', [...MISSING, 'free', '-4.90']]] },
    { name: 'total_amount', kind: 'decimal', scale: 2, bad: BAD_MONEY },
  ],
  gold: [
    {
      table: 'orders_by_day',
      dimensions: ['order_date', 'status'],
      measures: {
        orders: 'count',
        items: ['sum', 'item_count'],
        revenue: ['sum', 'total_amount'],
        average_order: ['avg', 'total_amount'],
        largest_order: ['max', 'total_amount'],
      },
    },
    {
      table: 'orders_by_payment_method',
      dimensions: ['payment_method'],
      measures: { orders: 'count', revenue: ['sum', 'total_amount'], shipping_fees: ['sum', 'shipping_fee'] },
      where: ({ status }) => status !== 'cancelled',
    },
  ],
  references: [{ columns: ['customer_id'], dataset: 'customers' }],
};

export type Status = 'pending' | 'paid' | 'shipped' | 'delivered' | 'cancelled' | 'returned';

export interface Order {
  number: number;
  customer: number;
  day: number;
  /** Seconds since the first day's midnight. */
  ordered_at: number;
  status: Status;
  shipping_cents: number;
}

const OLD: Status[] = [...Array<Status>(17).fill('delivered'), 'cancelled', 'cancelled', 'returned'];
const FRESH: Status[] = ['pending', 'paid', 'paid', 'shipped', 'shipped', 'cancelled'];
/** In the last days of the period, orders are under way. */
const FRESH_DAYS = 6;
/** Orders by hour of the day: few at night, most in the evening. */
const HOURS = [0, 7, 8, 9, 9, 10, 11, 12, 12, 13, 14, 15, 16, 17, 18, 18, 19, 19, 20, 20, 20, 21, 21, 22, 23];
const PAYMENTS = ['card', 'card', 'card', 'paypal', 'paypal', 'invoice', 'transfer'];
const SHIPPING_CENTS = [0, 390, 490, 490, 690];

export function makeOrder(dice: Dice, number: number, day: number, customers: number): Order {
  // The lower of two draws, half of the time: some customers come again and again.
  const one = dice.below(customers);
  const customer = 1 + (dice.below(2) ? Math.min(one, dice.below(customers)) : one);
  return {
    number,
    customer,
    day,
    ordered_at: day * 86_400 + dice.pick(HOURS) * 3600 + dice.below(3600),
    status: dice.pick(day >= DAYS.length - FRESH_DAYS ? FRESH : OLD),
    shipping_cents: dice.pick(SHIPPING_CENTS),
  };
}

/** @param items_cents what its items add up to */
export function orderRow(dice: Dice, order: Order, item_count: number, items_cents: number): Row {
  return {
    order_id: orderId(order.number),
    customer_id: customerId(order.customer),
    ordered_at: timestampAt(order.ordered_at),
    status: order.status,
    payment_method: dice.pick(PAYMENTS),
    item_count: String(item_count),
    shipping_fee: money(order.shipping_cents),
    total_amount: money(items_cents + order.shipping_cents),
  };
}
