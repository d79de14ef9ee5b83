import type { Dice } from '../generator/dice.js';
import { dressed } from '../generator/dirt.js';
import { FIELD, type Order } from '../generator/order.js';
import { PRODUCTS } from '../generator/vocabulary.js';

const PLAIN_INTEGER = /^[0-9]+$/;
const PLAIN_DECIMAL = /^[0-9]+(\.[0-9]{1,3})?$/;

type Field = keyof typeof FIELD;

/** Fields whose value stays the same with blanks around it, or in quotes. */
const DRESSABLE: Field[] = ['order_id', 'category', 'region', 'sale_date', 'customer_email', 'product_name'];

/**
 * The same order in another spelling: other bytes, the same cleaned values in every column. So it does not matter to a
 * row which of two deliveries of its order comes first.
 */
export function respelled(order: Order, dice: Dice): string[] {
  const raw = [...order.raw];
  const { raw: names } = PRODUCTS[order.product];
  if (names.includes(raw[FIELD.product_name])) raw[FIELD.product_name] = dice.pick(names);
  for (const field of DRESSABLE) {
    if (dice.below(3) === 0) raw[FIELD[field]] = dress(raw[FIELD[field]], dice);
  }
  if (PLAIN_INTEGER.test(raw[FIELD.quantity]) && dice.below(3) === 0) raw[FIELD.quantity] = `00${raw[FIELD.quantity]}`;
  for (const field of ['unit_price', 'discount_percent'] as const) {
    if (PLAIN_DECIMAL.test(raw[FIELD[field]]) && dice.below(3) === 0) {
      raw[FIELD[field]] = otherDecimal(raw[FIELD[field]], dice);
    }
  }
  return raw;
}

/** What is blank, or has quotes of its own, stays as it is. */
function dress(raw: string, dice: Dice): string {
  return raw.includes('"') || raw.trim() === '' ? raw : dressed(dice, raw);
}

function otherDecimal(raw: string, dice: Dice): string {
  if (dice.below(2)) return `0${raw}`;
  return raw.includes('.') ? `${raw}0` : `${raw}.0`;
}
