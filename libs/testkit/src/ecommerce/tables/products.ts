import type { Dice } from '../../generator/dice.js';
import { MISSING, type Row, type TableShape } from '../../ready-made/table-shape.js';
import { BAD_DATE, BAD_MONEY, BAD_TEXT, badIdentifier } from '../bad-values.js';
import { money, productId } from '../identifiers.js';
import type { Pools } from '../pools.js';
import { dateAt } from '../seasons.js';

export const PRODUCTS: TableShape = {
  dataset: 'products',
  table: 'products',
  key: ['product_id'],
  columns: [
    { name: 'product_id', kind: 'text', bad: badIdentifier('Q17') },
    { name: 'product_name', kind: 'text', bad: BAD_TEXT },
    { name: 'category', kind: 'text', odd: [['other', MISSING]] },
    { name: 'brand', kind: 'text', odd: [['no brand', MISSING]] },
    { name: 'unit_price', kind: 'decimal', scale: 2, bad: BAD_MONEY },
    { name: 'cost', kind: 'decimal', scale: 2, bad: BAD_MONEY },
    { name: 'weight_kg', kind: 'decimal', scale: 3, odd: [[null, [...MISSING, 'heavy', '-1']]] },
    { name: 'active', kind: 'boolean', odd: [['true', ['', 'N/A']]] },
    { name: 'listed_on', kind: 'date', bad: BAD_DATE },
  ],
  gold: [
    {
      table: 'products_by_category',
      dimensions: ['category'],
      measures: {
        products: 'count',
        unit_price_sum: ['sum', 'unit_price'],
        average_price: ['avg', 'unit_price'],
        lowest_price: ['min', 'unit_price'],
        highest_price: ['max', 'unit_price'],
      },
    },
    { table: 'products_by_brand', dimensions: ['brand'], measures: { products: 'count', cost: ['sum', 'cost'] } },
  ],
};

/** Categories by what is sold, with a usual price in cents. */
const CATEGORIES: [string, number, RegExp][] = [
  ['furniture', 18_000, /^(Chair|Table)$/],
  ['clothing', 4500, /^(Shirt|Pants|Shoes|Hat|Gloves)$/],
  ['electronics', 35_000, /^(Computer|Keyboard|Mouse)$/],
  ['sports', 9000, /^(Ball|Bike)$/],
  ['household', 1200, /^(Soap|Towels)$/],
  ['automotive', 60_000, /^Car$/],
  ['grocery', 900, /./],
];

/** What the other tables say about a product. */
export interface Product {
  product_id: string;
  category: string;
  price_cents: number;
}

/** The catalogue in the order of its identifiers; a shop's is small enough to be kept. */
export function makeCatalogue(dice: Dice, pools: Pools, count: number): { products: Product[]; rows: Row[] } {
  const products: Product[] = [];
  const rows: Row[] = [];
  for (let number = 1; number <= count; number++) {
    const thing = dice.pick(pools.products);
    const [category, usual] = CATEGORIES.find(([, , things]) => things.test(thing))!;
    const price_cents = Math.floor(usual / 2) + dice.below(usual * 2);
    const product_id = productId(number);
    products.push({ product_id, category, price_cents });
    rows.push({
      product_id,
      product_name: `${dice.pick(pools.adjectives)} ${dice.pick(pools.materials)} ${thing}`,
      category,
      brand: dice.pick(pools.brands),
      unit_price: money(price_cents),
      cost: money(Math.floor((price_cents * (40 + dice.below(35))) / 100)),
      weight_kg: dice.below(12) === 0 ? null : `${dice.below(30)}.${String(dice.below(1000)).padStart(3, '0')}`,
      active: dice.below(12) === 0 ? 'false' : 'true',
      listed_on: dateAt(-dice.below(1500)),
    });
  }
  return { products, rows };
}
