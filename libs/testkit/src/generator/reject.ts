import type { RejectCode } from '@millrace/contracts';
import type { Dice } from './dice.js';
import { FIELD, type Order } from './order.js';

/** Why a record will be rejected: the column is null when the record fails as a whole. */
export interface IntendedReject {
  column: string | null;
  code: RejectCode;
}

type Column = 'order_id' | 'quantity' | 'unit_price';

const TOO_LONG = 'K'.repeat(513);

/** Values that reject a record, by column in schema order and by the code that they must get. */
const BAD_VALUES: [Column, RejectCode, string[]][] = [
  ['order_id', 'blank', ['', '   ', '""', '"\t"', '" \r\n "']],
  ['order_id', 'nul_byte', ['O\x0012']],
  ['order_id', 'invalid_utf8', ['O\xff12', '\xc3']],
  ['quantity', 'blank', ['', ' ', '""']],
  ['quantity', 'not_integer', ['+3', '2.0', '1e3', 'abc', '-5', '1 000', '"1,000"', '0x10', '\xd9\xa3', 'NaN']],
  ['quantity', 'out_of_range', ['0', '000', '1000000001', '99999999999999999999']],
  ['unit_price', 'blank', ['', '\t', '" "']],
  [
    'unit_price',
    'not_decimal',
    ['abc', '5.', '.', '"1,50"', '1e3', '-4.20', '+4.20', '$5', 'NaN', 'Infinity', '1.2.3'],
  ],
  ['unit_price', 'out_of_range', ['0', '0.00', '.0000', '1.23456', '0.00001', '100000000000000', '123456789012345.5']],
];

/** Spoils an order. What it says is the first failing column in schema order, as more than one may fail. */
export function spoil(order: Order, dice: Dice): IntendedReject {
  if (dice.below(8) === 0) return makeRagged(order, dice);
  if (dice.below(100) === 0) {
    order.raw[FIELD.order_id] = TOO_LONG;
    return { column: 'order_id', code: 'too_long' };
  }
  const [column, code, values] = dice.pick(BAD_VALUES);
  order.raw[FIELD[column]] = dice.pick(values);
  if (dice.below(4) === 0) spoilLaterColumn(order, column, dice);
  return { column, code };
}

function spoilLaterColumn(order: Order, failing: Column, dice: Dice): void {
  const [column, , values] = dice.pick(BAD_VALUES);
  if (FIELD[column] > FIELD[failing]) order.raw[FIELD[column]] = dice.pick(values);
}

function makeRagged(order: Order, dice: Dice): IntendedReject {
  // At least one field that is not blank stays: a record of nothing else would be a blank line.
  order.raw = dice.below(2)
    ? order.raw.slice(0, 1 + dice.below(8))
    : [...order.raw, ...Array(1 + dice.below(3)).fill('')];
  return { column: null, code: 'ragged_row' };
}

/** Opens a quote that nothing closes: only for the last record of a file, as it swallows all that follows. */
export function leaveUnclosed(order: Order): IntendedReject {
  order.raw[FIELD.customer_email] = `"${order.raw[FIELD.customer_email]}`;
  return { column: null, code: 'unclosed_quote' };
}
