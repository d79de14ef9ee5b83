import type { DatasetPlan } from '@millrace/dataset';
import { books, type Database, digest, ensureDataset, migrate, openDatabase } from '@millrace/postgres';
import { createDatabase, dropDatabase } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDataSource } from '../../libs/postgres/src/run-migrations.js';
import { sales } from './sales-batches.js';

let url: string;
let db: Database;

beforeAll(async () => {
  url = await createDatabase(process.env.DATABASE_URL!, 'schema');
  await Promise.all([migrate(url), migrate(url), migrate(url)]);
  db = await openDatabase(url, { role: 'test' });
});

afterAll(async () => {
  await db.close();
  await dropDatabase(url);
});

describe('migrations', () => {
  it('run once, though several processes begin at the same time', async () => {
    await migrate(url);
    expect(await db.query('select count(*) from millrace.migrations')).toEqual([{ count: 4 }]);
  });

  it('make the tables that the entities describe', async () => {
    const dataSource = createDataSource(url);
    await dataSource.initialize();
    try {
      for (const { tableName, columns } of dataSource.entityMetadatas) {
        const found = await db.query(
          `select column_name as name, is_nullable = 'YES' as nullable from information_schema.columns
           where table_schema = 'millrace' and table_name = $1 order by ordinal_position`,
          [tableName],
        );
        expect([
          tableName,
          columns.map((column) => ({ name: column.databaseName, nullable: column.isNullable })),
        ]).toEqual([tableName, found]);
      }
    } finally {
      await dataSource.destroy();
    }
  });
});

describe('a dataset', () => {
  it('gets its tables once, though several services begin at the same time', async () => {
    await Promise.all([1, 2, 3].map(() => ensureDataset(db, sales)));
    expect(await db.query('select name, version, table_name, key_columns, active from millrace.datasets')).toEqual([
      { name: 'sales', version: 1, table_name: 'sales', key_columns: ['order_id'], active: true },
    ]);
    const [{ definition }] = await db.query<{ definition: string }>(
      `select pg_get_expr(adbin, adrelid) as definition from pg_attrdef
       where adrelid = 'public.sales_by_product'::regclass and pg_get_expr(adbin, adrelid) like 'round%'`,
    );
    expect(definition).toContain('unit_price_sum');
    expect(definition).toContain('orders');
    expect(await db.query('select * from millrace.duplicates_named')).toEqual([]);
  });

  it('may have names with quotes and capitals in them', async () => {
    const columns = sales.columns.map((column) => ({ ...column, name: `${column.name} "X"` }));
    const gold = sales.gold.map(({ table, ...rest }) => ({ ...rest, table: `${table} "X"` }));
    const odd: DatasetPlan = { ...sales, name: `o'dd`, table: 'Odd "Sales"', columns, gold };
    await ensureDataset(db, odd);
    expect(await digest(db, odd)).toMatchObject({ 'Odd "Sales"': '0:0', 'sales_daily "X"': '0:0' });
    expect(await db.query('select * from millrace.duplicates_named')).toEqual([]);
  });

  it('is refused when its table exists with other columns', async () => {
    await db.query('create table public.occupied (order_id text primary key, quantity text)');
    await expect(ensureDataset(db, { ...sales, name: 'other', table: 'occupied', gold: [] })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('quantity integer (there: text)'),
    });
  });

  it('is refused when a name is too long for PostgreSQL', async () => {
    await expect(ensureDataset(db, { ...sales, table: 'x'.repeat(64) })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});

describe('the books', () => {
  it('are red for a source that changed, and not complete before its chunks are resolved', async () => {
    await db.query(
      `insert into millrace.sources (id, dataset, path, state) values (1, 'sales', '/a', 'cut'), (2, 'sales', '/b', 'changed'),
         (3, 'sales', '/c', 'cut')`,
    );
    await db.query(
      `insert into millrace.chunks (source, chunk, fingerprint, first_record, records) values (3, 0, 'x', 1, 5)`,
    );
    const rows = await books(db, 'sales');
    expect(rows.map(({ path, balanced, complete }) => ({ path, balanced, complete }))).toEqual([
      { path: '/a', balanced: true, complete: true },
      { path: '/b', balanced: false, complete: false },
      { path: '/c', balanced: false, complete: false },
    ]);
    expect(await books(db, 'nothing')).toEqual([]);
  });
});

describe('a database', () => {
  it('that is not there is unreachable, which is worth another try', async () => {
    await expect(openDatabase('postgres://nobody@127.0.0.1:1/none')).rejects.toMatchObject({
      code: 'POSTGRES_UNREACHABLE',
      retriable: true,
    });
  });

  it('rolls a transaction back when its work fails, and goes on', async () => {
    await db.query('create table public.counted (n int8)');
    const failing = db.transaction(async (tx) => {
      await tx.query('insert into counted values (1)');
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await db.query('select count(*) from counted')).toEqual([{ count: 0 }]);
  });

  it('gives int8 as exact numbers and refuses to round', async () => {
    expect(await db.query(`select 9007199254740991::int8 as n, date '2024-02-29' as d`)).toEqual([
      { n: 9007199254740991, d: '2024-02-29' },
    ]);
    await expect(db.query('select 9007199254740992::int8 as n')).rejects.toThrow(/does not fit a number/);
  });
});
