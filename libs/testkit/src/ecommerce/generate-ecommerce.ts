import { mkdirSync } from 'node:fs';
import { Dice } from '../generator/dice.js';
import { removeEarlierRun, writeAnswer } from '../ready-made/answer-file.js';
import { checkDirtiness } from '../ready-made/dirtiness.js';
import type { ReadyMadeAnswer } from '../ready-made/table-answer.js';
import type { FileStyle, TableFile } from '../ready-made/table-file.js';
import type { Row, TableShape } from '../ready-made/table-shape.js';
import { TableWriter } from '../ready-made/table-writer.js';
import { customerId, orderId, productId } from './identifiers.js';
import { makePools, type Pools } from './pools.js';
import { Calendar } from './seasons.js';
import { CUSTOMERS, customersBy, makeCustomer } from './tables/customers.js';
import { DELIVERY, makeDelivery } from './tables/delivery.js';
import { FEEDBACK, makeFeedback } from './tables/feedback.js';
import { INVENTORY, makeStock } from './tables/inventory.js';
import { MARKETING, makePerformance } from './tables/marketing.js';
import { makeItems, ORDER_ITEMS } from './tables/order-items.js';
import { makeOrder, ORDERS, orderRow } from './tables/orders.js';
import { makeCatalogue, PRODUCTS } from './tables/products.js';

export interface GenerateEcommerceOptions {
  /** Rows that will be written; duplicates and rejects come on top. */
  customers: number;
  products: number;
  orders: number;
  seed: number;
  /** Shares of the records of each table. */
  dup: number;
  bad: number;
  /** Share of references that lead nowhere. */
  orphans: number;
  /** Made when missing. Files of an earlier run in it are replaced. */
  directory: string;
}

/** As many as identifiers and dice can tell apart. */
const MOST = 2_000_000;
/** In the order of the answer; how each file is written. */
const TABLES = {
  customers: [CUSTOMERS, { bom: true }],
  products: [PRODUCTS, { line_end: '\r\n' }],
  orders: [ORDERS, {}],
  order_items: [ORDER_ITEMS, {}],
  inventory: [INVENTORY, { line_end: '\r\n' }],
  marketing_performance: [MARKETING, {}],
  delivery: [DELIVERY, {}],
  feedback: [FEEDBACK, {}],
} satisfies Record<string, [TableShape, FileStyle]>;

export type EcommerceTable = keyof typeof TABLES;
export const ECOMMERCE_TABLES = Object.keys(TABLES) as EcommerceTable[];

/**
 * Writes customers.csv, products.csv, orders.csv ... (eight tables) and answer.json into the directory; the same options give the
 * same bytes. Orders follow the week and the year. Memory grows with the products only.
 * @throws RangeError when the options make no sense
 */
export async function generateEcommerce(options: GenerateEcommerceOptions): Promise<ReadyMadeAnswer> {
  const { customers, products, orders, orphans, directory } = options;
  checkDirtiness(options);
  if (![customers, products, orders].every((count) => count >= 1 && count <= MOST)) {
    throw new RangeError(`customers, products and orders: from 1 to ${MOST}`);
  }
  if (!(orphans >= 0 && orphans < 1)) throw new RangeError('orphans is a share from 0 to below 1');
  mkdirSync(directory, { recursive: true });
  removeEarlierRun(directory, new RegExp(`^(${ECOMMERCE_TABLES.join('|')})\\.csv$`));
  const pools = await makePools(options.seed);
  const answer: ReadyMadeAnswer = { dataset: 'ecommerce', tables: new Shop(options, pools).write() };
  writeAnswer(directory, answer);
  return answer;
}

class Shop {
  private readonly tables: Record<EcommerceTable, { writer: TableWriter; file: TableFile; dice: Dice }>;
  private readonly dice: Dice;
  private unknown = 0;

  constructor(
    private readonly options: GenerateEcommerceOptions,
    private readonly pools: Pools,
  ) {
    this.dice = new Dice(options.seed);
    const opened = ECOMMERCE_TABLES.map((name, index) => {
      const [shape, style] = TABLES[name];
      // Dice of its own: the dirt of one table moves nothing in another.
      const dice = new Dice(options.seed * 8 + index + 1);
      const writer = new TableWriter(shape, { ...options, dice });
      return [name, { writer, dice, file: writer.open(`${name}.csv`, style) }];
    });
    this.tables = Object.fromEntries(opened);
  }

  write() {
    const { dice, pools, options } = this;
    for (let number = 1; number <= options.customers; number++) {
      this.put('customers', makeCustomer(dice, pools, number, options.customers));
    }
    const { products, rows } = makeCatalogue(dice, pools, options.products);
    for (const row of rows) this.put('products', row);
    for (const product of products) {
      for (const row of makeStock(dice, product)) this.put('inventory', row, 'product_id');
    }
    for (const row of makePerformance(dice, pools, options.orders)) this.put('marketing_performance', row);
    const calendar = new Calendar(options.orders);
    for (let number = 1; number <= options.orders; number++) {
      const day = calendar.dayOf(number - 1);
      const order = makeOrder(dice, number, day, customersBy(day, options.customers));
      const items = makeItems(dice, order, products);
      this.put('orders', orderRow(dice, order, items.rows.length, items.cents), 'customer_id');
      const delivery = makeDelivery(dice, order);
      if (delivery) this.put('delivery', delivery, 'order_id');
      const feedback = makeFeedback(dice, pools, order, items.rows);
      if (feedback) this.put('feedback', feedback, 'order_id', 'customer_id', 'product_id');
      for (const item of items.rows) this.put('order_items', item, 'order_id', 'product_id');
    }
    return ECOMMERCE_TABLES.map((name) => {
      const { writer, file } = this.tables[name];
      file.close();
      return writer.answer();
    });
  }

  /** Writes a row; now and then one of its references leads nowhere. */
  private put(name: EcommerceTable, row: Row, ...references: string[]): void {
    const { writer, file, dice } = this.tables[name];
    for (const column of references) {
      if (dice.unit() >= this.options.orphans) continue;
      row[column] = this.unknownId(column);
      writer.addOrphan(writer.shape.references!.findIndex(({ columns }) => columns[0] === column));
    }
    file.write(() => row);
  }

  /** An identifier that no row has; another one each time, as it may be part of a key. */
  private unknownId(column: string): string {
    const { customers, orders, products } = this.options;
    this.unknown += 1;
    if (column === 'customer_id') return customerId(customers + this.unknown);
    return column === 'order_id' ? orderId(orders + this.unknown) : productId(products + this.unknown);
  }
}
