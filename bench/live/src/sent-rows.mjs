import { LiveSales } from '@millrace/testkit';

/** Dirty sales, and when each order among them that is to be written was handed to the client. */
export class SentRows {
  /** @type {Map<string, number>} epoch milliseconds by order id */
  handed_ms = new Map();
  #fresh = [];
  #sales;

  /** @param {{ seed: number, dup: number, bad: number }} options */
  constructor(options) {
    this.#sales = new LiveSales({ ...options, accepted: ([order_id]) => this.#fresh.push(order_id) });
  }

  /** A row of a request. @param {'json' | 'csv'} format @returns {Buffer} */
  next(format) {
    return this.#sales.next(format);
  }

  /** A row as a message of its own. @param {'json' | 'csv'} format @returns {Buffer} */
  nextMessage(format) {
    return this.#sales.nextMessage(format);
  }

  /** To be called just before the rows taken since the last call are handed to the client. */
  handOver() {
    const now = Date.now();
    for (const order_id of this.#fresh) this.handed_ms.set(order_id, now);
    this.#fresh.length = 0;
  }

  get rows() {
    return this.#sales.rows;
  }
}
