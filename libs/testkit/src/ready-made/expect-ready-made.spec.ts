import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { generateChannelSales } from '../channel-sales/generate-channel-sales.js';
import { generateEcommerce } from '../ecommerce/generate-ecommerce.js';
import type { Queries } from '../expect/found-in-database.js';
import { expectChannelSales, expectEcommerce } from './expect-ready-made.js';
import type { ReadyMadeAnswer, TableAnswer } from './table-answer.js';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-expect-')));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const channels = join(base, 'channels');
const dirt = { seed: 1, dup: 0.05, bad: 0.1 };
const sales = generateChannelSales({ rows: 300, days: 2, from: '2026-01-01', ...dirt, directory: channels });
const shop = join(base, 'shop');
const ecommerce = await generateEcommerce({
  customers: 9,
  products: 5,
  orders: 30,
  orphans: 0.1,
  ...dirt,
  directory: shop,
});

/** Rows that a table's digests, sums and groups are asked for, by what the SQL must hold. */
function answersOf(
  table: TableAnswer,
  directory: string,
  datasets: Map<string, string>,
): [RegExp, unknown[], object[]][] {
  const books = table.files.map((file, at) => ({
    ...file,
    source: at + 1,
    path: join(directory, file.file),
    balanced: true,
    complete: true,
  }));
  const digests = (name: 'rows_digest' | 'duplicates_digest' | 'rejects_digest') =>
    table.files.map((file, at) => ({ source: at + 1, digest: file[name] }));
  const mine = [table.dataset];
  return [
    [/from millrace\.books b/, mine, books],
    [/duplicates_named/, mine, digests('duplicates_digest')],
    [/from \(select \* from millrace\.rejects/, mine, digests('rejects_digest')],
    [new RegExp(`string_agg[\\s\\S]*public\\."${table.table}" group`), [], digests('rows_digest')],
    [new RegExp(`sum\\([\\s\\S]* from public\\."${table.table}"$`), [], [table.sums]],
    ...[...table.gold, ...table.top].map(({ table, rows }): [RegExp, unknown[], object[]] => [
      new RegExp(`^select (?!coalesce)[\\s\\S]* from public\\."${table}"$`),
      [],
      rows,
    ]),
    ...table.references.map(({ columns, dataset, orphans }): [RegExp, unknown[], object[]] => [
      new RegExp(
        `as orphans from public\\."${table.table}" t where t\\."${columns[0]}"[\\s\\S]*"${datasets.get(dataset)}" o`,
      ),
      [],
      [{ orphans }],
    ]),
  ];
}

/** A database that answers as one would that holds what the answer says. */
function databaseOf({ tables }: ReadyMadeAnswer, directory: string): Queries {
  const datasets = new Map(tables.map(({ dataset, table }) => [dataset, table]));
  const answers = tables.flatMap((table) => answersOf(table, directory, datasets));
  return {
    async query<T>(sql: string, params: readonly unknown[] = []) {
      const found = answers.filter(([pattern, [dataset]]) => pattern.test(sql) && dataset === params[0]);
      if (found.length !== 1) throw new Error(`${found.length} answers to ${sql}`);
      return found[0][2] as T[];
    },
  };
}

const changed = (change: (table: TableAnswer) => void): ReadyMadeAnswer => {
  const copy = structuredClone(sales);
  change(copy.tables[0]);
  return copy;
};

describe('expectChannelSales and expectEcommerce', () => {
  it('accept a database that holds what the answer key says', async () => {
    await expect(expectChannelSales(databaseOf(sales, channels), channels)).resolves.toEqual(sales);
    await expect(expectEcommerce(databaseOf(ecommerce, shop), shop)).resolves.toEqual(ecommerce);
  });

  it.each<[string, (table: TableAnswer) => void]>([
    ['mobile_2026-01-01.csv: duplicates is ', ({ files }) => files[0].duplicates++],
    ['rejected_by_code is {"blank":99}', ({ files }) => Object.assign(files[1], { rejected_by_code: { blank: 99 } })],
    ['rows_digest is "1"', ({ files }) => Object.assign(files[0], { rows_digest: '1' })],
    ['duplicates_digest is "1"', ({ files }) => Object.assign(files[0], { duplicates_digest: '1' })],
    ['staging_sales: amount is "7"', ({ sums }) => Object.assign(sums, { amount: '7' })],
    [
      'reporting_daily_sales [2026-01-01, mobile]: revenue is "1"',
      ({ gold }) => Object.assign(gold[0].rows[0], { revenue: '1' }),
    ],
    ['top5_products_by_quantity [', ({ top }) => top[0].rows.pop()],
    ['web_2026-01-02.csv is not in the books', ({ files }) => files.pop()],
    ['other.csv is not in the answer', ({ files }) => files.push({ ...files[0], file: 'other.csv' })],
  ])('say what differs: %s', async (message, change) => {
    await expect(expectChannelSales(databaseOf(changed(change), channels), channels)).rejects.toThrow(message);
  });

  it('count references that lead nowhere', async () => {
    const copy = structuredClone(ecommerce);
    copy.tables.find(({ table }) => table === 'orders')!.references[0].orphans += 1;
    await expect(expectEcommerce(databaseOf(copy, shop), shop)).rejects.toThrow('orders(customer_id): orphans is');
  });
});
