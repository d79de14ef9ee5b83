import { loadPlans, planNamed } from '@millrace/dataset';
import { type Database, ensureDataset, migrate, openDatabase } from '@millrace/postgres';
import { createDatabase, dropDatabase, expectLiveAnswer, type LiveAnswer, LiveSales } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// A real PostgreSQL whose tables are filled by hand: does the answer key find what is wrong with them?
const ROWS = 3000;
const DIMENSIONS = {
  sales_by_month_region_category: 'sale_month, region, category',
  sales_by_product: 'product_name',
  sales_daily: 'sale_date, region',
};

let url: string;
let db: Database;
let answer: LiveAnswer;

/** As the services would leave it: one inbox source with one chunk that holds all rows. */
async function fill(): Promise<void> {
  const rows: string[][] = [];
  const sales = new LiveSales({ seed: 3, dup: 0.1, bad: 0.1, accepted: (fields) => rows.push(fields) });
  for (let row = 0; row < ROWS; row++) sales.next(row % 2 ? 'csv' : 'json');
  answer = sales.answer('inbox');
  await db.query(
    `insert into millrace.sources (id, dataset, kind, path, state, settled) values (1, 'sales', 'inbox', 'inbox.sales[0]', 'live', true)`,
  );
  await db.query(
    `insert into public.sales (order_id, product_name, category, quantity, unit_price, discount_percent, region, sale_date, sale_month, customer_email, revenue, _source, _record)
     select v->>0, v->>1, v->>2, (v->>3)::int, (v->>4)::numeric, (v->>5)::numeric, v->>6, (v->>7)::date, v->>8, nullif(v->>9, '\\N'), (v->>10)::numeric, 1, n
     from jsonb_array_elements($1::jsonb) with ordinality as t(v, n)`,
    [JSON.stringify(rows)],
  );
  await db.query(
    `insert into millrace.chunks (source, chunk, fingerprint, flags, byte_start, byte_end, first_record, records, content_hash, published_at)
     values (1, 0, 'f', 4, 0, $1::int, 0, $1::int, '\\x00', now())`,
    [ROWS],
  );
  await db.query(
    'insert into millrace.manifests (source, chunk, records, rejected, skipped, slots) values (1, 0, $1, $2, 0, array[0])',
    [ROWS, answer.rejected],
  );
  await db.query(
    'insert into millrace.ledger (source, chunk, slot, rows, written, duplicates) values (1, 0, 0, $1, $2, $3)',
    [answer.written + answer.duplicates, answer.written, answer.duplicates],
  );
  for (const [code, count] of Object.entries(answer.rejected_by_code)) {
    await db.query(
      `insert into millrace.rejects (source, record, dataset, code) select 1, n, 'sales', $1 from generate_series(1, $2) n`,
      [code, count],
    );
  }
  for (const [table, dimensions] of Object.entries(DIMENSIONS)) {
    const prices = table === 'sales_by_product';
    await db.query(
      `insert into public.${table} (${dimensions}, orders, quantity, revenue${prices ? ', unit_price_sum' : ''})
       select ${dimensions}, count(*), sum(quantity), sum(revenue)${prices ? ', sum(unit_price)' : ''} from public.sales group by ${dimensions}`,
    );
  }
}

/** What is found with this change, which is taken back after. */
async function findingsWith(change: string): Promise<string> {
  let findings = '';
  await db
    .transaction(async (tx) => {
      await tx.query(change);
      findings = await expectLiveAnswer(tx, [answer]).then(
        () => 'nothing',
        (error: Error) => error.message,
      );
      throw new Error('take it back');
    })
    .catch((error: Error) => {
      if (error.message !== 'take it back') throw error;
    });
  return findings;
}

describe('the answer key of a live producer', () => {
  beforeAll(async () => {
    url = await createDatabase(process.env.DATABASE_URL as string, 'live');
    await migrate(url);
    db = await openDatabase(url, { max: 2 });
    await ensureDataset(db, planNamed(loadPlans('datasets'), 'sales'));
    await fill();
  });

  afterAll(async () => {
    await db?.close();
    await dropDatabase(url);
  });

  it('accepts a database that holds what it says', async () => {
    await expect(expectLiveAnswer(db, [answer])).resolves.toBeUndefined();
  });

  const first = `(select min(order_id) from public.sales)`;
  it.each([
    ['a lost row', `delete from public.sales where order_id = ${first}`, 'row [L3-000000001] is missing'],
    [
      'a row with another value',
      `update public.sales set revenue = revenue + 0.01 where order_id = ${first}`,
      'row [L3-000000001]: revenue is',
    ],
    [
      'a row that must not be',
      `update public.sales set order_id = 'L3-000000001x' where order_id = ${first}`,
      'row [L3-000000001x] must not exist',
    ],
    [
      'gold that its rows do not give',
      `update public.sales_daily set revenue = revenue + 0.01 where ctid = '(0,1)'`,
      'its rows give',
    ],
    [
      'a group too many',
      `insert into public.sales_by_product (product_name, orders, quantity, revenue, unit_price_sum) values ('ghost', 1, 1, 1, 1)`,
      'no such group',
    ],
    ['a reject too few', `delete from millrace.rejects where code = 'blank' and record = 1`, 'rejects by code'],
    [
      'a row counted twice',
      'update millrace.ledger set written = written + 1, rows = rows + 1',
      'books of the inbox: written',
    ],
    [
      'books that do not balance',
      'update millrace.ledger set duplicates = duplicates - 1, rows = rows - 1',
      'inbox.sales[0]: its books do not balance',
    ],
    [
      'a chunk that is not resolved',
      'delete from millrace.manifests',
      'inbox.sales[0]: not everything of it is resolved',
    ],
  ])('finds %s', async (_what, change, finding) => {
    expect(await findingsWith(change)).toContain(finding);
  });
});
