import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';

export const COLUMNS =
  'order_id, product_name, category, quantity, unit_price, discount_percent, region, sale_date, sale_month, customer_email, revenue, _source, _record';

const TABLES = `
  create table public.sales (
    order_id text collate "C" primary key, product_name text collate "C", category text collate "C", quantity integer,
    unit_price numeric(18,4), discount_percent numeric, region text collate "C", sale_date date, sale_month text collate "C",
    customer_email text collate "C", revenue numeric(25,2), _source int not null, _record bigint not null);
  create table public.sales_by_month_region_category (
    sale_month text collate "C", region text collate "C", category text collate "C", orders bigint, quantity numeric,
    revenue numeric, primary key (sale_month, region, category));
  create table public.sales_by_product (
    product_name text collate "C" primary key, orders bigint, quantity numeric, revenue numeric, unit_price_sum numeric,
    average_price numeric generated always as (round(unit_price_sum / nullif(orders, 0), 4)) stored);
  create table public.sales_daily (
    sale_date date, region text collate "C", orders bigint, quantity numeric, revenue numeric,
    primary key (sale_date, region));
  create temporary table incoming (like public.sales) on commit delete rows;`;

const GOLD = [
  `insert into public.sales_by_month_region_category
   select sale_month, region, category, count(*), sum(quantity), sum(revenue) from public.sales group by 1, 2, 3`,
  `insert into public.sales_by_product (product_name, orders, quantity, revenue, unit_price_sum)
   select product_name, count(*), sum(quantity), sum(revenue), sum(unit_price) from public.sales group by 1`,
  `insert into public.sales_daily
   select sale_date, region, count(*), sum(quantity), sum(revenue) from public.sales group by 1, 2`,
];

/** Loads batches of COPY lines, one after the other, while the caller makes the next. */
export class Loader {
  #client;
  #loading = Promise.resolve();

  /** @param {import('pg').Client} client a connection to an empty database */
  constructor(client) {
    this.#client = client;
  }

  async createTables() {
    await this.#client.query(TABLES);
  }

  /** Resolves once the batch before this one is committed. @param {Buffer[]} blocks lines in COPY's text format */
  async load(blocks) {
    await this.#loading;
    this.#loading = this.#commit(blocks);
    // A failure must not pass for unhandled before the next call meets it.
    this.#loading.catch(() => {});
  }

  /** Waits for the last batch, then makes gold and commits it. */
  async finish() {
    await this.#loading;
    await this.#client.query("begin; set local work_mem = '64MB'");
    for (const insert of GOLD) await this.#client.query(insert);
    await this.#client.query('commit');
  }

  async #commit(blocks) {
    await this.#client.query('begin');
    const copy = this.#client.query(copyFrom(`copy incoming (${COLUMNS}) from stdin`));
    await pipeline(Readable.from(blocks), copy);
    await this.#client.query(`insert into public.sales select * from incoming on conflict do nothing`);
    await this.#client.query('commit');
  }
}
