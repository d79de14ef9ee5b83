import type { Dice } from '../generator/dice.js';
import type { Row } from '../ready-made/table-shape.js';

export const CHANNELS = ['web', 'mobile', 'store'] as const;
export type Channel = (typeof CHANNELS)[number];

/**
 * Prices (cents) and quantities come from four narrow bands each, in turn: the accepted rows of any run of records then have
 * their first quartile in the lower two bands and their third in the upper two, whatever is drawn within a band. So the
 * fences of the rule of 1.5 interquartile ranges always hold every usual value (60 to 104, 1 to 10), and never
 * reach 170 and 24: what is far above is an outlier for sure, however quartiles are interpolated.
 */
const PRICE_BANDS = [6000, 7400, 8800, 10_200];
const PRICE_BAND_WIDTH = 200;
const QUANTITY_BANDS = [
  [1, 2],
  [2, 3],
  [6, 7],
  [8, 9, 10],
];
/** Places after which both bands come again. */
export const BANDS_PERIOD = 16;
export const FAR_PRICES = ['900.00', '1250.50', '4999.99', '99999.99'];
export const FAR_QUANTITIES = ['250', '400', '1000', '100000'];
/** With at most one outlier in so many accepted rows, outliers do not move the quartiles out of their bands. */
export const ROWS_PER_OUTLIER = 20;

const PRODUCTS_PER_BAND = 12;
/** By band: [product_id, its usual price in cents]. */
const PRODUCTS = PRICE_BANDS.map((base, band) =>
  Array.from({ length: PRODUCTS_PER_BAND }, (_, at): [string, number] => [
    `P-${101 + at * PRICE_BANDS.length + band}`,
    base + ((at * 37) % (PRICE_BAND_WIDTH - 20)),
  ]),
);

/** @param place among the accepted rows of its file @param day YYYY-MM-DD */
export function makeSale(dice: Dice, place: number, id: string, day: string): Row {
  // The lower of two draws: some products are sold far more often than others.
  const at = Math.min(dice.below(PRODUCTS_PER_BAND), dice.below(PRODUCTS_PER_BAND));
  const [product_id, usual] = PRODUCTS[place % 4][at];
  const cents = usual + dice.below(20);
  const quantity = dice.pick(QUANTITY_BANDS[(place + (place >> 2)) % 4]);
  const minutes = 6 * 60 + dice.below(16 * 60);
  return {
    sale_id: id,
    timestamp: `${day}T${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(dice.below(60))}Z`,
    product_id,
    quantity: String(quantity),
    unit_price: `${Math.floor(cents / 100)}.${two(cents % 100)}`,
    channel_given: null,
  };
}

export function two(number: number): string {
  return String(number).padStart(2, '0');
}

/** A product of literals with at most two digits after the point, exact: with two digits. */
export function amountOf(quantity: string, unit_price: string): string {
  const cents = Number(quantity) * Math.round(Number(unit_price) * 100);
  return `${Math.floor(cents / 100)}.${two(cents % 100)}`;
}
