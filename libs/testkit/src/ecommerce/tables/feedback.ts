import type { Dice } from '../../generator/dice.js';
import { MISSING, type Row, type TableShape } from '../../ready-made/table-shape.js';
import { BAD_DATE, badIdentifier } from '../bad-values.js';
import { customerId, feedbackId, orderId } from '../identifiers.js';
import type { Pools } from '../pools.js';
import { dateAt } from '../seasons.js';
import type { Order } from './orders.js';

export const FEEDBACK: TableShape = {
  dataset: 'feedback',
  table: 'feedback',
  key: ['feedback_id'],
  columns: [
    { name: 'feedback_id', kind: 'text', bad: badIdentifier('Y17') },
    { name: 'order_id', kind: 'text', bad: badIdentifier('X17') },
    { name: 'customer_id', kind: 'text', bad: badIdentifier('K17') },
    { name: 'product_id', kind: 'text', bad: badIdentifier('Q17') },
    {
      name: 'rating',
      kind: 'integer',
      bad: [
        ['blank', MISSING],
        ['not_integer', ['good', '4.5', '-1']],
        ['out_of_range', ['0', '6', '10']],
      ],
    },
    { name: 'comment', kind: 'text', odd: [[null, MISSING]] },
    { name: 'feedback_date', kind: 'date', bad: BAD_DATE },
  ],
  gold: [
    {
      table: 'ratings_by_product',
      dimensions: ['product_id'],
      measures: { ratings: 'count', rating_sum: ['sum', 'rating'], average_rating: ['avg', 'rating'] },
    },
    { table: 'feedback_by_rating', dimensions: ['rating'], measures: { ratings: 'count' } },
  ],
  references: [
    { columns: ['order_id'], dataset: 'orders' },
    { columns: ['customer_id'], dataset: 'customers' },
    { columns: ['product_id'], dataset: 'products' },
  ],
};

const RATINGS = [1, 2, 3, 3, 4, 4, 4, 5, 5, 5, 5, 5];
/** Of so many delivered orders, this many bring feedback. */
const ASKED = 10;
const ANSWERED = 4;

/** Of some delivered orders; undefined of others. @param items of the order */
export function makeFeedback(dice: Dice, pools: Pools, order: Order, items: readonly Row[]): Row | undefined {
  const { number, customer, status, day } = order;
  if ((status !== 'delivered' && status !== 'returned') || dice.below(ASKED) >= ANSWERED) return undefined;
  return {
    feedback_id: feedbackId(number),
    order_id: orderId(number),
    customer_id: customerId(customer),
    product_id: dice.pick(items).product_id,
    rating: String(status === 'returned' ? 1 + dice.below(2) : dice.pick(RATINGS)),
    comment: dice.below(3) === 0 ? null : dice.pick(pools.comments),
    feedback_date: dateAt(day + 5 + dice.below(25)),
  };
}
