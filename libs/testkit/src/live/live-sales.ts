import { sortedByKey } from '../answer-key.js';
import { LineDigest, rowLine } from '../digest.js';
import { Dice } from '../generator/dice.js';
import { soil } from '../generator/dirt.js';
import { EarlierOrders } from '../generator/earlier-orders.js';
import { makeOrder, type Order } from '../generator/order.js';
import { fieldsOf } from '../generator/order-fields.js';
import { type IntendedReject, spoil } from '../generator/reject.js';
import { revenueOf, Tally } from '../generator/tally.js';
import { brokenJson, jsonRecord } from './json-record.js';
import type { LiveAnswer } from './live-answer.js';
import { respelled } from './respell.js';

export interface LiveSalesOptions {
  /** Part of every order id: two producers with different seeds have no order in common. */
  seed: number;
  /** Share of rows that repeat an earlier order in another spelling, 0 to 1. */
  dup: number;
  /** Share of rows that must be rejected, 0 to 1. */
  bad: number;
  /** Told of every row that must be in public.sales: its fields in the order of SALES_COLUMNS. */
  accepted?: (fields: string[], number: number) => void;
}

export type LiveFormat = 'json' | 'csv';

const DIRTY_SHARE = 0.06;
const NUMBER_DIGITS = 9;

/** No row: blank, or a batch (contracts/inbox.ts) that is cut off, of no known format, or of more rows than it holds. */
const UNREADABLE = [' ', ' \t\r\n', 'MLB1', 'MLB1\x09' + '\0'.repeat(11), 'MLB1\x01\0\0\0\x02' + '\0'.repeat(7)];

/** What every order id of a seed begins with; it has no hyphen in it. */
export function keyPrefixOf(seed: number): string {
  return `L${seed}`;
}

/**
 * Dirty sales without end, and what must come of those taken so far. What is true of the n-th row follows from the
 * options alone, however the rows before it were spelled. Memory does not grow.
 */
export class LiveSales {
  private readonly truth: Dice;
  private readonly spelling: Dice;
  private readonly earlier = new EarlierOrders();
  private readonly tally = new Tally();
  private readonly digest = new LineDigest();
  private readonly prefix: string;
  private written = 0;
  private duplicates = 0;
  private rejected = 0;
  private readonly rejected_by_code: LiveAnswer['rejected_by_code'] = {};

  constructor(private readonly options: LiveSalesOptions) {
    const { seed, dup, bad } = options;
    if (!(Number.isSafeInteger(seed) && seed >= 0 && dup >= 0 && bad >= 0 && dup + bad <= 1)) {
      throw new RangeError('the seed must be an integer >= 0; dup and bad shares that together do not pass 1');
    }
    this.truth = new Dice(seed);
    this.spelling = new Dice(seed ^ 0x5bd1e995);
    this.prefix = keyPrefixOf(seed);
  }

  /** The next row: one JSON object, or one CSV record without its line end in the usual order of columns. */
  next(format: LiveFormat): Buffer {
    return Buffer.from(this.nextText(format, false), 'latin1');
  }

  /** The next row as the value of one Kafka message: now and then one that cannot be read at all. */
  nextMessage(format: LiveFormat): Buffer {
    return Buffer.from(this.nextText(format, true), 'latin1');
  }

  /** Rows taken so far. */
  get rows(): number {
    return this.written + this.duplicates + this.rejected;
  }

  /** Of the rows taken so far: take no further ones after it. */
  answer(via: LiveAnswer['via']): LiveAnswer {
    const { seed, dup, bad } = this.options;
    return {
      kind: 'live',
      dataset: 'sales',
      via,
      seed,
      dup,
      bad,
      key_prefix: this.prefix,
      rows_in: this.rows,
      written: this.written,
      duplicates: this.duplicates,
      rejected: this.rejected,
      rejected_by_code: sortedByKey(this.rejected_by_code),
      rows_digest: this.digest.finish(),
      gold: this.tally.gold(),
    };
  }

  private nextText(format: LiveFormat, alone: boolean): string {
    const { dup, bad } = this.options;
    const fate = this.truth.unit();
    if (fate < bad) return this.reject(format, alone);
    const winner = fate < bad + dup ? this.earlier.pick(this.truth) : undefined;
    if (winner) {
      this.duplicates += 1;
      return this.text(respelled(winner, this.spelling), format);
    }
    return this.text(this.accept().raw, format);
  }

  private accept(): Order {
    const order = makeOrder(this.truth, this.keyOf(this.written + 1));
    if (this.truth.unit() < DIRTY_SHARE) soil(order, this.truth);
    this.written += 1;
    order.record = this.written;
    this.earlier.add(order, this.truth);
    const revenue = revenueOf(order.quantity, order.price, order.discount);
    const fields = fieldsOf(order, revenue);
    this.tally.add(order, revenue);
    this.digest.add(order.record, rowLine(fields, order.record));
    this.options.accepted?.(fields, order.record);
    return order;
  }

  /** It may carry the id of an order already taken, or the one that the next order will have. */
  private reject(format: LiveFormat, alone: boolean): string {
    const known = this.truth.below(4) > 0 ? undefined : this.earlier.pick(this.truth)?.key;
    const order = makeOrder(this.truth, known ?? this.keyOf(this.written + 1));
    const { key } = order;
    if (alone && this.spelling.below(12) === 0) {
      this.count({ column: null, code: 'message_unreadable' });
      return this.spelling.pick(UNREADABLE);
    }
    const reject = spoil(order, this.spelling);
    // An object has no number of fields: where a CSV record would be ragged, it is broken.
    if (format === 'json' && reject.code === 'ragged_row') {
      this.count({ column: null, code: 'not_json' });
      return brokenJson(key, this.spelling);
    }
    // Text that is no UTF-8 cannot stand in JSON: see json-record.ts for what stands in for it.
    this.count(format === 'json' && reject.code === 'invalid_utf8' ? { ...reject, code: 'nul_byte' } : reject);
    return this.text(order.raw, format);
  }

  private count({ code }: IntendedReject): void {
    this.rejected += 1;
    this.rejected_by_code[code] = (this.rejected_by_code[code] ?? 0) + 1;
  }

  private text(raw: readonly string[], format: LiveFormat): string {
    return format === 'json' ? jsonRecord(raw, this.spelling) : raw.join(',');
  }

  private keyOf(number: number): string {
    return `${this.prefix}-${String(number).padStart(NUMBER_DIGITS, '0')}`;
  }
}

export function liveSales(options: LiveSalesOptions): LiveSales {
  return new LiveSales(options);
}
