import { type DatasetPlan, planOf } from '@millrace/dataset';
import {
  books,
  consistency,
  digest,
  effectivePlan,
  ensureDataset,
  lockActivePlans,
  readPlans,
  registerPlan,
  replaceDataset,
} from '@millrace/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { batchesOf, type Row } from './dataset-batches.js';
import { DatasetFixture } from './dataset-fixture.js';

let fixture: DatasetFixture;
let turn = 0;
/** Each test has a dataset and tables of its own. */
let own: string;

beforeAll(async () => {
  fixture = await DatasetFixture.create('versions');
});
beforeEach(() => {
  own = `orders_${++turn}`;
});
afterAll(() => fixture.drop());

const query = <T = Record<string, unknown>>(sql: string) => fixture.db.query<T>(sql);
const id = { name: 'id', type: 'integer', required: true };
const amount = { name: 'amount', type: 'integer' };
const region = { name: 'region', type: 'text', default: 'x', dimension: true };

const config = (more: object = {}) => ({
  ...{ name: own, table: own, key: 'id', parts: 2, columns: [id, amount, region] },
  gold: [{ table: `${own}_gold`, dimensions: ['region'], measures: { n: 'count', total: 'sum(amount)' } }],
  ...more,
});
const row = (record: number, values: Record<string, string> = {}): Row => ({
  record,
  values: { id: String(record), amount: String(record * 10), region: record % 2 ? 'odd' : 'even', ...values },
});
const rows = [row(1), row(2), row(3)];
const goldRows = () => query(`select * from ${own}_gold order by 1`);

const versions = async () => (await readPlans(fixture.db)).filter(({ name }) => name === own);

describe('the registry', () => {
  it('numbers the versions of each dataset, and keeps configs that make the same plans again', async () => {
    const first = await fixture.make(config());
    expect(await registerPlan(fixture.db, first)).toEqual({ name: own, version: 1 });
    // Measures are in the order of the config, which is that of the table's columns.
    const gold = [{ table: `${own}_gold`, dimensions: ['region'], measures: { zz: 'sum(amount)', a: 'count' } }];
    const second = await fixture.make(config({ gold }));
    expect(await ensureDataset(fixture.db, first)).toEqual({ name: own, version: 1 });
    const read = await versions();
    expect(read.map(({ version }) => version)).toEqual([1, 2]);
    expect(read.map(({ config }) => planOf(config).fingerprint)).toEqual([first.fingerprint, second.fingerprint]);
    expect((await query<{ zz: number }>(`select * from ${own}_gold`)).length).toBe(0);
    expect(await ensureDataset(fixture.db, first, { current: true })).toEqual({ name: own, version: 3 });
    expect((await versions()).map(({ fingerprint }) => fingerprint)).toEqual([second.fingerprint, first.fingerprint]);
    expect(await goldRows()).toEqual([]);
  });

  it('says under which plans chunks may be cut', async () => {
    const first = await fixture.make(config());
    const second = await fixture.make(config({ reject_threshold: 0.5 }));
    const third = planOf(config({ columns: [id, { ...amount, type: 'bigint' }, region] }));
    const all = [first, second, third].map(({ fingerprint }) => fingerprint);
    const active = () => fixture.db.transaction((tx) => lockActivePlans(tx, own, all));
    expect(await active()).toEqual(new Set(all.slice(0, 2)));
    await ensureDataset(fixture.db, third);
    expect(await active()).toEqual(new Set([third.fingerprint]));
  });

  it('adds the columns that were found in files', async () => {
    const plan = await fixture.make(config());
    expect(await effectivePlan(fixture.db, plan)).toBe(plan);
    await fixture.db.query(
      'insert into millrace.evolved_columns (dataset, name, header, type) values ($1, $2, $3, $4)',
      [...[own, 'Neu "x"', 'Neu', 'date']],
    );
    const evolved = await effectivePlan(fixture.db, plan);
    expect(evolved.columns.at(-1)).toMatchObject({ name: 'Neu "x"', type: 'date', nullable: true });
    expect(await ensureDataset(fixture.db, evolved)).toEqual({ name: own, version: 2 });
  });
});

describe('a version that adds columns', () => {
  it('comes in while chunks of the one before are under way, and rows say which one cleaned them', async () => {
    const before = await fixture.make(config());
    await fixture.register(before, [{ source: turn, chunk: 0, rows }]);
    const [late, ...early] = batchesOf(before, rows, { source: turn, chunk: 0 });
    await fixture.apply(early);
    const after = await fixture
      .make(
        config({
          columns: [id, region, { name: 'note', type: 'text' }, { name: 'mark', type: 'date', default: '2024-02-29' }],
          gold: [
            { table: `${own}_gold`, dimensions: ['region'], measures: { n: 'count', total: 'sum(amount)' } },
          ].slice(1),
        }),
      )
      .catch((error) => error);
    expect(after).toMatchObject({ code: 'PLAN_BUSY', retriable: true });
    const added = await fixture.make(
      config({
        columns: [
          id,
          amount,
          region,
          { name: 'note', type: 'text' },
          { name: 'mark', type: 'date', default: '2024-02-29' },
        ],
      }),
    );
    await fixture.apply([
      late,
      ...batchesOf(added, [row(9, { note: 'n', mark: '2025-01-01' })], { source: turn, chunk: 1 }),
    ]);
    expect(await query(`select id, note, mark, _version from ${own} order by id`)).toEqual([
      ...[1, 2, 3].map((key) => ({ id: key, note: null, mark: '2024-02-29', _version: 1 })),
      { id: 9, note: 'n', mark: '2025-01-01', _version: 2 },
    ]);
    expect(await goldRows()).toEqual([
      { region: 'even', n: 1, total: '20' },
      { region: 'odd', n: 3, total: '130' },
    ]);
  });
});

describe('a version that changes types or gold', () => {
  const reshaped = () => ({
    columns: [
      id,
      { ...amount, type: 'decimal', precision: 10, scale: 2 },
      { ...region, default: 'y' },
      { name: 'ok', type: 'boolean' },
    ],
    gold: [
      {
        table: `${own}_gold`,
        dimensions: ['region'],
        where: 'amount > 10',
        measures: { n: 'count', most: 'max(amount)', mean: 'avg(amount)' },
      },
      { table: `${own}_ids`, dimensions: ['id'], measures: { n: 'count', least: 'min(amount)' } },
    ],
    top_n: [{ view: `${own}_top`, of: `${own}_ids`, by: 'least', n: 2 }],
  });

  it('waits until nothing of another shape is under way, then gold is that of the rows that stand there', async () => {
    const before = await fixture.make(
      config({ columns: [id, { ...amount, required: true }, region, { name: 'gone', type: 'text', required: true }] }),
    );
    const filled = rows.map(({ record, values }) => ({ record, values: { ...values, gone: 'g' } }));
    await fixture.register(before, [{ source: turn, chunk: 0, rows: filled }]);
    const [late, ...early] = batchesOf(before, filled, { source: turn, chunk: 0 });
    await fixture.apply(early);
    await expect(fixture.make(config(reshaped()))).rejects.toMatchObject({ code: 'PLAN_BUSY', retriable: true });
    expect(await versions()).toHaveLength(1);
    await fixture.apply([late]);
    const after = await fixture.make(config(reshaped()));
    expect(await goldRows()).toEqual([
      { region: 'even', n: 1, most: '20.00', _sum_amount: '20.00', mean: '20.0000', _count_amount: 1 },
      { region: 'odd', n: 1, most: '30.00', _sum_amount: '30.00', mean: '30.0000', _count_amount: 1 },
    ]);
    expect(await query(`select * from ${own}_top`)).toEqual([
      { id: 3, n: 1, least: '30.00', rank: 1 },
      { id: 2, n: 1, least: '20.00', rank: 2 },
    ]);
    expect(await fixture.goldDifferences(after)).toEqual([]);
    // What left the config stays, and needs no value any more.
    await fixture.applyRows(
      after,
      [row(1, { amount: '0.5', _where_1: 'false' }), row(7, { amount: '99.25', _where_1: 'true' })],
      turn,
      5,
    );
    expect(await query(`select id, gone, amount, _version from ${own} order by id`)).toEqual([
      ...[1, 2, 3].map((key) => ({ id: key, gone: 'g', amount: `${key}0.00`, _version: 1 })),
      { id: 7, gone: null, amount: '99.25', _version: 2 },
    ]);
    expect(await fixture.goldDifferences(after)).toEqual([]);

    // A batch of the version before is a repeat; one that nobody knows is set aside, and never written.
    await fixture.apply([late]);
    await fixture.apply(
      batchesOf(before, [{ record: 50, values: { ...row(50).values, gone: 'g' } }], { source: turn, chunk: 9 }),
    );
    expect(await query(`select chunk, code from millrace.set_aside where source = ${turn}`)).toEqual([
      { chunk: 9, code: 'PLAN_UNKNOWN' },
    ]);
    expect(await query(`select count(*) from ${own}`)).toEqual([{ count: 4 }]);
  });

  it('is refused when a value does not fit its new type, and nothing has changed then', async () => {
    const plan = await fixture.make(config());
    await fixture.applyRows(plan, [row(1, { region: '7' }), row(2, { region: 'seven' })], turn);
    const before = await digest(fixture.db, plan);
    const numbers = config({ columns: [id, amount, { name: 'region', type: 'integer' }], gold: [] });
    await expect(fixture.make(numbers)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('seven'),
    });
    const narrow = config({ columns: [id, { ...amount, type: 'boolean' }, region], gold: [] });
    await expect(fixture.make(narrow)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('amount'),
    });
    expect(await digest(fixture.db, plan)).toEqual(before);
  });

  it('widens types without loss, back and forth', async () => {
    const typed = (type: string, more: object = {}) =>
      config({ columns: [id, { name: 'value', type, ...more }], gold: [] });
    await fixture.make(typed('date'));
    await query(`insert into ${own} values (1, '2024-02-29', 1, 1)`);
    const seen: unknown[] = [];
    for (const type of ['timestamp', 'date', 'text', 'date']) {
      await fixture.make(typed(type, { null_words: [String(seen.length)] }));
      seen.push((await query<{ value: unknown }>(`select value::text from ${own}`))[0].value);
    }
    expect(seen).toEqual([expect.stringMatching(/^2024-02-29 00:00:00/), '2024-02-29', '2024-02-29', '2024-02-29']);
  });

  it('may change key, keep and parts while the table is empty, and not any more later', async () => {
    await fixture.make(config());
    const plan = await fixture.make(
      config({ key: ['region', 'id'], keep: 'last', columns: [id, amount, { ...region, required: true }], parts: 3 }),
    );
    await fixture.applyRows(plan, rows, turn);
    await fixture.applyRows(plan, [row(2, { amount: '5' })], turn + 1000);
    expect(await query(`select key, winner_record from millrace.duplicates_named where dataset = '${own}'`)).toEqual([
      { key: '["even","2"]', winner_record: 2 },
    ]);
    await expect(fixture.make(config({ parts: 4 }))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(fixture.make(config({ parts: 4, if_table_exists: 'replace' }))).rejects.toMatchObject({
      code: 'PLAN_BUSY',
    });
  });
});

describe('a dataset that an earlier version of Millrace registered', () => {
  it('gets what is missing with its next version, and gold anew', async () => {
    const plan = await fixture.make(config());
    await fixture.applyRows(plan, rows, turn);
    await query(`alter table ${own} drop column _version; delete from ${own}_gold where region = 'odd'`);
    await query(`update millrace.datasets set shape = null, fingerprint = 'earlier' where name = '${own}'`);
    expect(await ensureDataset(fixture.db, plan)).toEqual({ name: own, version: 2 });
    expect(await fixture.goldDifferences(plan)).toEqual([]);
    await fixture.applyRows(plan, [row(1), row(4)], turn, 1);
    expect(await query(`select id, _version from ${own} order by id`)).toEqual(
      [0, 0, 0, 2].map((version, at) => ({ id: at + 1, _version: version })),
    );
  });
});

describe('gold and views that somebody dropped', () => {
  it('are made anew from the rows that stand there, by the same version', async () => {
    const plan = await fixture.make(config({ top_n: [{ view: `${own}_top`, of: `${own}_gold`, by: 'total', n: 1 }] }));
    await fixture.applyRows(plan, rows, turn);
    await query(`drop table ${own}_gold cascade`);
    expect(await ensureDataset(fixture.db, plan)).toEqual({ name: own, version: 1 });
    expect(await fixture.goldDifferences(plan)).toEqual([]);
    expect(await query(`select region, total, rank from ${own}_top`)).toEqual([
      { region: 'odd', total: '40', rank: 1 },
    ]);
    await fixture.applyRows(plan, [row(5)], turn, 1);
    expect(await fixture.goldDifferences(plan)).toEqual([]);
  });
});

describe('a table that Millrace did not make', () => {
  const stranger = async (body: string) => {
    await query(`create table public.${own} (id int not null, amount int, region text, extra text, ${body})`);
    await query(`insert into ${own} (id, amount, region) values (1, 5, 'old'), (2, 6, 'old')`);
  };

  it('is refused, with what to write instead', async () => {
    await stranger('primary key (id)');
    const refused = fixture.make(config({ if_table_exists: 'fail' }));
    await expect(refused).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('if_table_exists: append'),
    });
    expect(await query(`select count(*) from ${own}`)).toEqual([{ count: 2 }]);
  });

  it('is dropped and made anew', async () => {
    await stranger('primary key (id)');
    const plan = await fixture.make(config({ if_table_exists: 'replace' }));
    expect(await query(`select * from ${own}`)).toEqual([]);
    await fixture.applyRows(plan, rows, turn);
    expect(await goldRows()).toHaveLength(2);
  });

  it.each([
    [
      'first',
      [
        [1, 5, null],
        [2, 6, null],
        [3, 30, 3],
      ],
    ],
    [
      'last',
      [
        [1, 10, 1],
        [2, 20, 2],
        [3, 30, 3],
      ],
    ],
    [
      'max(amount)',
      [
        [1, 10, 1],
        [2, 20, 2],
        [3, 30, 3],
      ],
    ],
  ])('is taken over with its rows, which come before all others: keep %s', async (keep, expected) => {
    await stranger('check (amount < 1000)');
    const gold = [
      {
        table: `${own}_gold`,
        dimensions: ['region'],
        measures: { n: 'count', total: 'sum(amount)', least: 'min(amount)' },
      },
    ];
    const plan = await fixture.make(config({ keep, gold }));
    expect(await goldRows()).toEqual([{ region: 'old', n: 2, total: '11', least: 5 }]);
    await fixture.applyRows(plan, [...rows, row(4, { amount: '2000' })], turn);
    const found = await query<{ line: unknown[] }>(
      `select json_build_array(id, amount, _record) as line from ${own} order by id`,
    );
    expect(found.map(({ line }) => line)).toEqual(expected);
    expect(await fixture.goldDifferences(plan)).toEqual([]);
    const [{ written, duplicates, rejected }] = await query<Record<string, number>>(
      `select sum(written)::int as written, sum(duplicates)::int as duplicates, sum(rejected)::int as rejected
       from millrace.ledger where source = ${turn}`,
    );
    expect([written + duplicates, rejected]).toEqual([3, 1]);
    expect(await query(`select count(*) from millrace.duplicates where dataset = '${own}'`)).toEqual([
      { count: duplicates },
    ]);
  });

  it.each([
    [
      'has a key twice',
      'primary key (extra, id)',
      `insert into ORDERS values (9, 1, 'a', 'a'), (9, 1, 'a', 'b')`,
      'primary key',
    ],
    ['has a key twice, without an index', 'check (true)', `insert into ORDERS values (1, 1, 'a', 'a')`, 'id'],
    ['has other unique columns', 'primary key (id), unique (region, amount)', '', 'unique'],
    [
      'needs a column that the dataset does not have',
      'more int not null default 1, primary key (id)',
      'alter table ORDERS alter more drop default',
      'more',
    ],
    ['lacks a dimension in some rows', 'primary key (id)', `insert into ORDERS (id) values (7)`, 'region'],
    [
      'has other types',
      'primary key (id)',
      'alter table ORDERS alter amount type text',
      'amount integer (there: text)',
    ],
  ])('is not taken over when it %s', async (_, body, then, told) => {
    await query(
      `create table public.${own} (id int not null, amount int, region text, extra text default '', ${body});
       insert into ${own} (id, amount, region) values (1, 5, 'old')`,
    );
    if (then) await query(then.replaceAll('ORDERS', own));
    const before = await query(`select * from ${own}`);
    const refused = await fixture.make(config()).catch((error) => error);
    expect(refused).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(told === 'primary key' ? `${refused.message} primary key` : refused.message).toContain(told);
    expect(await query(`select * from ${own}`)).toEqual(before);
  });
});

describe('a dataset that is replaced', () => {
  it('forgets its sources, whose numbers and repeats never count again', async () => {
    const plan = await fixture.make(config());
    const other = planOf({ ...config(), name: `${own}_b`, table: `${own}_b`, gold: [] });
    await ensureDataset(fixture.db, other);
    const source = 10_000;
    await fixture.register(plan, [{ source, chunk: 0, rows }]);
    await expect(replaceDataset(fixture.db, plan)).rejects.toMatchObject({ code: 'PLAN_BUSY' });
    const messages = batchesOf(plan, rows, { source, chunk: 0 });
    await fixture.apply(messages);
    await fixture.applyRows(other, rows, turn + 5000);
    await expect(replaceDataset(fixture.db, plan)).rejects.toMatchObject({ code: 'PLAN_BUSY' });
    await query(`update millrace.sources set settled = true where dataset = '${own}'`);
    const anew = planOf(config({ key: 'none', if_table_exists: 'replace' }));
    expect(await replaceDataset(fixture.db, anew)).toEqual({ name: own, version: 2 });
    expect(await books(fixture.db, own)).toEqual([]);
    expect([await query(`select * from ${own}`), await goldRows()]).toEqual([[], []]);
    expect(await query('select millrace.last_source() as last')).toEqual([{ last: source }]);
    // What the deduper sends once more, of sources that are forgotten, is nothing new.
    await fixture.apply(messages);
    await fixture.apply(batchesOf(anew, rows, { source, chunk: 0 }));
    expect(await query(`select * from ${own}`)).toEqual([]);
    await fixture.applyRows(anew, rows, source + 1);
    expect(await query(`select count(*) from ${own}`)).toEqual([{ count: 3 }]);
    expect(await query(`select count(*) from ${own}_b`)).toEqual([{ count: 3 }]);
  });

  it('keeps the place up to which its inbox was read', async () => {
    const plan = await fixture.make(config());
    const source = 20_000 + turn;
    await query(
      `insert into millrace.sources (id, dataset, kind, path, state, topic, partition, topic_id, base_offset, next_record)
       values (${source}, '${own}', 'inbox', 'i', 'live', 'inbox.${own}', 0, 't', 0, 40)`,
    );
    await query(
      `insert into millrace.chunks (source, chunk, fingerprint, byte_start, byte_end, first_record, records)
       values (${source}, 0, 'x', 1, 40, 1, 3)`,
    );
    const messages = batchesOf(plan, rows, { source, chunk: 0 });
    await query(
      `insert into millrace.manifests values (${source}, 0, 3, 0, 0, '{${messages.map(({ batch }) => batch.slot)}}')`,
    );
    await fixture.apply(messages);
    await replaceDataset(fixture.db, plan);
    await fixture.apply(messages);
    expect(await query(`select * from ${own}`)).toEqual([]);
    expect(await books(fixture.db, own)).toMatchObject([{ source, rows_in: 0, balanced: true, complete: true }]);
    await fixture.applyRows(plan, [row(41)], source, 1);
    expect(await query(`select _record from ${own}`)).toEqual([{ _record: 41 }]);
  });
});

describe('references', () => {
  it('are told in figures: rows, those with values, and those whose values are no key', async () => {
    const customers: DatasetPlan = await fixture.make({
      ...{ name: `${own}_c`, table: `${own} c`, key: ['id', 'region'], parts: 1 },
      columns: [
        { ...id, type: 'bigint' },
        { ...region, required: true },
      ],
    });
    await fixture.applyRows(customers, [row(1), row(2)], turn + 5000);
    const of = (columns: string[], dataset: string) => ({ columns, dataset });
    const plan = await fixture.make(
      config({
        references: [
          of(['amount', 'region'], `${own}_c`),
          of(['amount'], `${own}_c`),
          of(['id'], 'nobody'),
          of(['id'], own),
        ],
      }),
    );
    const { amount: _, ...without } = row(4).values;
    await fixture.applyRows(
      plan,
      [row(1, { amount: '1' }), row(2, { amount: '1' }), row(3), { record: 4, values: without }],
      turn,
    );
    const found = await consistency(fixture.db, [plan, customers]);
    expect(found).toEqual([
      {
        dataset: own,
        columns: ['amount', 'region'],
        references: `${own}_c`,
        rows: 4,
        checked: 3,
        missing: 2,
        problem: null,
      },
      {
        dataset: own,
        columns: ['amount'],
        references: `${own}_c`,
        rows: 4,
        checked: 3,
        missing: null,
        problem: expect.stringContaining('the key id, region'),
      },
      {
        dataset: own,
        columns: ['id'],
        references: 'nobody',
        rows: 4,
        checked: 4,
        missing: null,
        problem: 'there is no dataset nobody yet',
      },
      { dataset: own, columns: ['id'], references: own, rows: 4, checked: 4, missing: 0, problem: null },
    ]);
  });
});

describe('the first rows of a group', () => {
  it('are ranked by a measure, NULL last, ties by the other dimensions in an order of their own', async () => {
    const plan = await fixture.make(
      config({
        columns: [id, amount, region, { ...region, name: 'Shop' }],
        gold: [{ table: `${own}_gold`, dimensions: ['region', 'Shop'], measures: { n: 'count', Most: 'max(amount)' } }],
        top_n: [{ view: `${own} Top`, of: `${own}_gold`, by: 'Most', within: ['region'], n: 2 }],
      }),
    );
    const cells: [string, string, string | undefined][] = [
      ['a', 'ö', '5'],
      ['a', 'Z', '5'],
      ['a', 'b', '4'],
      ['b', 'x', undefined],
      ['b', 'y', '-1'],
    ];
    const shops = cells.map(([group, Shop, most], at) => {
      const values = { id: String(at), region: group, Shop };
      return { record: at + 1, values: most === undefined ? values : { ...values, amount: most } };
    });
    await fixture.applyRows(plan, shops, turn);
    const found = await query<{ line: unknown[] }>(
      `select json_build_array(region, "Shop", n, "Most", rank) as line from "${own} Top" order by region, rank`,
    );
    expect(found.map(({ line }) => line)).toEqual([
      ['a', 'Z', 1, 5, 1],
      ['a', 'ö', 1, 5, 2],
      ['b', 'y', 1, -1, 1],
      ['b', 'x', 1, null, 2],
    ]);
  });
});
