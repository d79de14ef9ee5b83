import type { Dice } from '../../generator/dice.js';
import { MISSING, type Row, type TableShape } from '../../ready-made/table-shape.js';
import { BAD_CHOICE, badIdentifier, ODD_DATE } from '../bad-values.js';
import { money } from '../identifiers.js';
import { DAYS } from '../seasons.js';
import type { Product } from './products.js';

export const INVENTORY: TableShape = {
  dataset: 'inventory',
  table: 'inventory',
  key: ['product_id', 'warehouse'],
  columns: [
    { name: 'product_id', kind: 'text', bad: badIdentifier('Q17') },
    { name: 'warehouse', kind: 'text', bad: BAD_CHOICE },
    {
      name: 'on_hand',
      kind: 'integer',
      bad: [
        ['blank', MISSING],
        ['not_integer', ['many', '-4', '1.5']],
        ['out_of_range', ['1000001']],
      ],
    },
    { name: 'reorder_level', kind: 'integer', odd: [['0', [...MISSING, 'low', '-1']]] },
    { name: 'stock_value', kind: 'decimal', scale: 2, odd: [['0', MISSING]] },
    { name: 'restocked_on', kind: 'date', odd: ODD_DATE },
  ],
  gold: [
    {
      table: 'stock_by_warehouse',
      dimensions: ['warehouse'],
      measures: {
        products: 'count',
        on_hand: ['sum', 'on_hand'],
        stock_value: ['sum', 'stock_value'],
        fewest: ['min', 'on_hand'],
      },
    },
  ],
  references: [{ columns: ['product_id'], dataset: 'products' }],
};

const WAREHOUSES = ['berlin', 'dallas', 'leeds', 'lyon'];

/** A row for each warehouse that has the product. */
export function* makeStock(dice: Dice, { product_id, price_cents }: Product): Generator<Row> {
  for (const warehouse of WAREHOUSES) {
    if (dice.below(8) === 0) continue;
    const on_hand = dice.below(10) === 0 ? 0 : dice.below(600);
    yield {
      product_id,
      warehouse,
      on_hand: String(on_hand),
      reorder_level: String(10 * dice.below(12)),
      stock_value: money(on_hand * Math.floor(price_cents / 2)),
      restocked_on: dice.below(20) === 0 ? null : DAYS[DAYS.length - 1 - dice.below(120)],
    };
  }
}
