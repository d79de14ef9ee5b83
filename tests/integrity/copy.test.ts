import { createApplier, type Database, digest, ensureDataset, migrate, openDatabase } from '@millrace/postgres';
import { createDatabase, dropDatabase } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchOf, type SalesRow, sales } from './sales-batches.js';

let url: string;
let db: Database;

beforeAll(async () => {
  url = await createDatabase(process.env.DATABASE_URL!, 'copy');
  await migrate(url);
  db = await openDatabase(url, { role: 'aggregator-test' });
  await ensureDataset(db, sales);
});

afterAll(async () => {
  await db.close();
  await dropDatabase(url);
});

/** Numbers at every border of the encoding: groups of four digits, 2^31, 2^32, 2^53, and what only a literal holds. */
const prices = [
  ...[
    '0.0001',
    '0.0010',
    '0.0100',
    '0.1000',
    '1.0000',
    '9.9999',
    '10.0000',
    '99.9900',
    '9999.9999',
    '10000.0000',
    '10001.0001',
  ],
  ...['214748.3647', '214748.3648', '429496.7295', '429496.7296', '99999999.9999', '100000000.0000', '100000000.0001'],
  ...['900719925474.0991', '899999999999.9999', '900719925474.0992', '99999999999999.9999'],
];
const discounts = [
  '0',
  '0.5',
  '10',
  '12.5',
  '33.3333',
  '33.33333333',
  '99.9999',
  '100',
  '0.00000000000000000001',
  '1.2345678901234567890123456789',
];
const revenues = [
  '0.00',
  '0.01',
  '0.10',
  '1.00',
  '90071992547409.91',
  '90071992547409.92',
  '99999999999999999999999.99',
  '10000.00',
  '100.50',
];

describe('binary COPY', () => {
  it('writes every value so that PostgreSQL shows what was meant', async () => {
    const rows: SalesRow[] = Array.from({ length: 300 }, (_, index) => ({
      order_id: `k${index}`,
      record: index * 7 + 1,
      unit_price: prices[index % prices.length],
      discount_percent: discounts[index % discounts.length],
      revenue: revenues[index % revenues.length],
      quantity: [1, 1_000_000_000, 2_147_483_647][index % 3],
      product_name: ['Ünïcode 😀', '', 'x'.repeat(512), 'O\'Brien, "Q"'][index % 4],
      region: `r${index % 5}`,
      sale_date: ['1970-01-01', '2000-01-01', '0001-01-01', '9999-12-31', '2024-02-29'][index % 5],
      customer_email: index % 3 === 0 ? null : `u${index}@example.org`,
    }));
    await createApplier(db).apply([batchOf({ source: 3, chunk: 0, rows, part: 0, offset: 0, suspects: 'none' })]);
    const found = await db.query<Record<string, string | number | null>>(
      `select order_id, product_name, category, quantity, unit_price::text, discount_percent::text, region, sale_date::text,
         sale_month, customer_email, revenue::text, _source, _record from sales order by _record`,
    );
    expect(found).toEqual(
      rows.map(({ record, ...row }) => ({
        ...row,
        category: 'tools',
        sale_month: row.sale_date!.slice(0, 7),
        _source: 3,
        _record: record,
      })),
    );
  });

  it('sums in gold what the table holds, to the last digit', async () => {
    const differing = await db.query(
      `select product_name, count(*) as orders, sum(quantity)::numeric as quantity, sum(revenue) as revenue,
         sum(unit_price) as unit_price_sum, round(sum(unit_price) / count(*), 4) as average_price from sales group by 1
       except select product_name, orders, quantity, revenue, unit_price_sum, average_price from sales_by_product`,
    );
    expect(differing).toEqual([]);
    expect((await digest(db, sales)).sales_by_product).toMatch(/^4:/);
  });
});
