import type { Dice } from '../../generator/dice.js';
import { MISSING, type Row, type TableShape } from '../../ready-made/table-shape.js';
import { BAD_CHOICE, BAD_MONEY, BAD_TIMESTAMP, badIdentifier } from '../bad-values.js';
import { deliveryId, money, orderId } from '../identifiers.js';
import { timestampAt } from '../seasons.js';
import type { Order } from './orders.js';

export const DELIVERY: TableShape = {
  dataset: 'delivery',
  table: 'delivery',
  key: ['delivery_id'],
  columns: [
    { name: 'delivery_id', kind: 'text', bad: badIdentifier('V17') },
    { name: 'order_id', kind: 'text', bad: badIdentifier('X17') },
    { name: 'carrier', kind: 'text', odd: [['other', MISSING]] },
    { name: 'status', kind: 'text', bad: BAD_CHOICE },
    { name: 'shipped_at', kind: 'timestamp', bad: BAD_TIMESTAMP },
    { name: 'delivered_at', kind: 'timestamp', odd: [[null, [...MISSING, 'tomorrow', '2025-02-30T00:00:00Z']]] },
    { name: 'cost', kind: 'decimal', scale: 2, bad: BAD_MONEY },
    { name: 'shipped_on', kind: 'date', derive: ({ shipped_at }) => shipped_at!.slice(0, 10) },
  ],
  gold: [
    {
      table: 'deliveries_by_carrier',
      dimensions: ['carrier', 'status'],
      measures: {
        deliveries: 'count',
        cost: ['sum', 'cost'],
        average_cost: ['avg', 'cost'],
        highest_cost: ['max', 'cost'],
      },
    },
    {
      table: 'deliveries_by_day',
      dimensions: ['shipped_on'],
      measures: { deliveries: 'count', cost: ['sum', 'cost'] },
    },
  ],
  references: [{ columns: ['order_id'], dataset: 'orders' }],
};

const CARRIERS = ['dhl', 'dhl', 'ups', 'ups', 'fedex', 'post'];
const HOUR = 3600;

/** Of an order that left the house; undefined of others. */
export function makeDelivery(dice: Dice, { number, status, ordered_at }: Order): Row | undefined {
  if (status !== 'shipped' && status !== 'delivered' && status !== 'returned') return undefined;
  const shipped = ordered_at + (2 + dice.below(70)) * HOUR;
  const arrived = status === 'shipped' ? null : timestampAt(shipped + (18 + dice.below(150)) * HOUR);
  return {
    delivery_id: deliveryId(number),
    order_id: orderId(number),
    carrier: dice.pick(CARRIERS),
    status: status === 'shipped' ? 'in_transit' : status,
    shipped_at: timestampAt(shipped),
    delivered_at: arrived,
    cost: money(250 + dice.below(900)),
  };
}
