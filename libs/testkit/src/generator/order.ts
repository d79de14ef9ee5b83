import type { Dice } from './dice.js';
import { CATEGORIES, CUSTOMERS, DAYS, DISCOUNTS, MAIL_HOSTS, PRODUCTS, REGIONS, USUAL_REGIONS } from './vocabulary.js';

/** An order: the fields as they will stand in a file, and what is true of it. Dimensions are indexes into the vocabulary. */
export interface Order {
  /** In the usual column order, quotes included, one character a byte. */
  raw: string[];
  key: string;
  product: number;
  category: number;
  quantity: number;
  /** Ten-thousandths; bigint beyond 2^53. */
  price: number | bigint;
  /** Canonical decimal literal: no needless zeros. */
  discount: string;
  region: number;
  day: number;
  email: string | null;
  /** Where it was first written. */
  file: number;
  record: number;
}

/** Index of each field in `Order.raw`. */
export const FIELD = {
  order_id: 0,
  product_name: 1,
  category: 2,
  quantity: 3,
  unit_price: 4,
  discount_percent: 5,
  region: 6,
  sale_date: 7,
  customer_email: 8,
} as const;

const CENTS = Array.from({ length: 100 }, (_, cents) => `.${String(cents).padStart(2, '0')}`);

/** An order without any dirt in it. */
export function makeOrder(dice: Dice, key: string): Order {
  const product = dice.below(PRODUCTS.length - 1);
  const { raw, category, base_price_cents } = PRODUCTS[product];
  const quantity = 1 + dice.below(dice.below(8) === 0 ? 60 : 9);
  const cents = base_price_cents + dice.below(5000);
  const discount = dice.pick(DISCOUNTS);
  const region = dice.below(USUAL_REGIONS);
  const day = dice.below(DAYS.length - 1);
  const email = `${dice.pick(CUSTOMERS)}${dice.below(5000)}@${dice.pick(MAIL_HOSTS)}`;
  return {
    raw: [
      key,
      raw.length === 1 ? raw[0] : dice.pick(raw),
      CATEGORIES[category],
      String(quantity),
      Math.floor(cents / 100) + CENTS[cents % 100],
      discount,
      REGIONS[region],
      DAYS[day],
      email,
    ],
    key,
    product,
    category,
    quantity,
    price: cents * 100,
    discount,
    region,
    day,
    email,
    file: 0,
    record: 0,
  };
}

/** Gives unique order ids: rising as a shop's do, or scattered over the whole key space. */
export class OrderIds {
  private last = 0;

  constructor(
    private readonly style: 'rising' | 'random',
    private readonly seed: number,
  ) {}

  take(): string {
    const key = this.peek();
    this.last += 1;
    return key;
  }

  /** The id that the next `take` gives. */
  peek(): string {
    const number = this.last + 1;
    if (this.style === 'rising') return number < 1e9 ? `O${String(1e9 + number).slice(1)}` : `O${number}`;
    return scatter(number, this.seed);
  }
}

/** A bijection of 64-bit numbers (a Feistel network), so that no two ids can be the same. */
function scatter(number: number, seed: number): string {
  let left = Math.floor(number / 4294967296) ^ seed;
  let right = number >>> 0;
  for (let round = 1; round <= 4; round++) {
    let mixed = Math.imul(right ^ Math.imul(round, 0x9e3779b9), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    [left, right] = [right, left ^ mixed ^ (mixed >>> 16)];
  }
  return (left >>> 0).toString(16).padStart(8, '0') + (right >>> 0).toString(16).padStart(8, '0');
}
