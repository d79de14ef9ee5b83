import type { Dice } from './dice.js';
import { FIELD, type Order } from './order.js';
import {
  CAPITAL_REGIONS,
  PRODUCTS,
  quoted,
  REGIONS,
  UNKNOWN_CATEGORY,
  UNKNOWN_DAY,
  UNKNOWN_PRODUCT,
} from './vocabulary.js';

/**
 * Dirt that is no reason to reject: each kind changes how the order stands in the file and, where a default
 * takes over, what is true of it.
 */
type Dirt = (order: Order, dice: Dice) => void;

const BLANK = ['', ' ', '\t', '""', '"  "', '" \r\n\t"'];
const TOO_LONG = 'x'.repeat(513);
const INVALID_TEXT = ['\xff\xfe', 'half a char\xc3', '\xed\xa0\x80', 'nul\0byte', TOO_LONG];
const BAD_DISCOUNTS = [
  'abc',
  '-5',
  '100.01',
  '101',
  '1e1',
  '+5',
  '5%',
  '5.',
  '.',
  '"7,5"',
  'NaN',
  '100.0000000000000000001',
];
/** [as it stands, canonical]. */
const ODD_DISCOUNTS = [
  ['100', '100'],
  ['100.000', '100'],
  ['0.00', '0'],
  ['.5', '0.5'],
  ['007.50', '7.5'],
  ['12.3456789', '12.3456789'],
  ['33.33333333333333333333', '33.33333333333333333333'],
  ['0.000000000000000000000000000001', '0.000000000000000000000000000001'],
  ['99.99999', '99.99999'],
  [' 15.0\t', '15'],
];
const BAD_DATES = [
  '2024-02-30',
  '2025-02-29',
  '2024-13-01',
  '2024-00-10',
  '2024-04-31',
  '2024-01-00',
  '24-01-05',
  '2024/01/05',
  '2024-1-5',
  '2024-01-05T00:00:00',
  '20240105',
  '0000-01-01',
  'yesterday',
  '05.01.2024',
];
const BAD_EMAILS = [
  'nobody',
  'x@y',
  'a b@c.de',
  '@x.yz',
  'x@',
  'x@.',
  'x@yz.',
  'two@@signs.com',
  'a@b@c.de',
  '"tab\there@x.yz"',
  '\xff@x.yz',
];
/** [as it stands, ten-thousandths]. */
const ODD_PRICES: [string, number | bigint][] = [
  ['.5', 5000],
  ['12.50000', 125_000],
  ['00012.5', 125_000],
  [' 8.25\t', 82_500],
  ['"19.99"', 199_900],
  ['7', 70_000],
  ['0.0001', 1],
  ['3.3335', 33_335],
  ['1234567.8901', 12_345_678_901],
  ['99999999999999.9999', 999_999_999_999_999_999n],
];
const ODD_QUANTITIES: [string, number][] = [
  ['007', 7],
  [' 3 ', 3],
  ['\t12', 12],
  ['"4"', 4],
  ['0000000000000005', 5],
];

const KINDS: Dirt[] = [
  (order, dice) => {
    order.raw[FIELD.product_name] = dice.below(3) === 0 ? dice.pick(INVALID_TEXT) : dice.pick(BLANK);
    order.product = UNKNOWN_PRODUCT;
  },
  (order, dice) => {
    order.raw[FIELD.category] = dice.below(5) === 0 ? dice.pick(INVALID_TEXT) : dice.pick(BLANK);
    order.category = UNKNOWN_CATEGORY;
  },
  (order, dice) => {
    order.raw[FIELD.discount_percent] = dice.below(2) ? dice.pick(BAD_DISCOUNTS) : dice.pick(BLANK);
    order.discount = '0';
  },
  (order, dice) => {
    const [raw, canonical] = dice.pick(ODD_DISCOUNTS);
    order.raw[FIELD.discount_percent] = raw;
    order.discount = canonical;
  },
  (order, dice) => {
    order.raw[FIELD.region] = dice.pick(BLANK);
    order.region = 0;
  },
  (order, dice) => {
    order.region = dice.pick(CAPITAL_REGIONS);
    order.raw[FIELD.region] = REGIONS[order.region];
  },
  (order, dice) => {
    order.raw[FIELD.sale_date] = dice.below(3) ? dice.pick(BAD_DATES) : dice.pick(BLANK);
    order.day = UNKNOWN_DAY;
  },
  (order, dice) => {
    order.raw[FIELD.customer_email] = dice.below(2) ? dice.pick(BAD_EMAILS) : dice.pick(BLANK);
    order.email = null;
  },
  (order, dice) => {
    const [raw, price] = ODD_PRICES[dice.below(100) === 0 ? ODD_PRICES.length - 1 : dice.below(ODD_PRICES.length - 1)];
    order.raw[FIELD.unit_price] = raw;
    order.price = price;
  },
  (order, dice) => {
    const [raw, quantity] = dice.below(100) === 0 ? ['1000000000', 1_000_000_000] : dice.pick(ODD_QUANTITIES);
    order.raw[FIELD.quantity] = raw as string;
    order.quantity = quantity as number;
  },
  (order, dice) => {
    order.raw[FIELD.order_id] = dressed(dice, order.key);
  },
  (order, dice) => {
    const field = dice.pick([FIELD.category, FIELD.region, FIELD.sale_date, FIELD.customer_email]);
    order.raw[field] = dressed(dice, order.raw[field]);
  },
  (order, dice) => {
    if (PRODUCTS[order.product].raw[0].startsWith('"')) return;
    order.raw[FIELD.product_name] = dressed(dice, PRODUCTS[order.product].raw[0]);
  },
];

/** Makes an order dirty in one way, seldom in two. */
export function soil(order: Order, dice: Dice): void {
  dice.pick(KINDS)(order, dice);
  // A second kind could undo the first one's truth, were it of the same field: only the fields that no other kind reads.
  if (dice.below(8) === 0) order.raw[FIELD.order_id] = dressed(dice, order.key);
}

/** The same value with blanks around it, quoted, or with a quote closed too early. `raw` holds no quotes. */
export function dressed(dice: Dice, raw: string): string {
  const half = raw.length >> 1;
  switch (dice.below(6)) {
    case 0:
      return ` ${raw}`;
    case 1:
      return `${raw}\t `;
    case 2:
      return quoted(raw);
    case 3:
      return quoted(` ${raw}\r\n`);
    case 4:
      return `${quoted(raw.slice(0, half))}${raw.slice(half)}`;
    default:
      return ` \t${raw}  `;
  }
}
