import { keyTextAt } from '@millrace/columnar';
import type { DatasetPlan } from '@millrace/dataset';
import { books, quote, readKeyRange } from '@millrace/postgres';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dice, shuffled } from './apply-chunks.js';
import { batchesOf, columnsOf, type Row } from './dataset-batches.js';
import { type Chunk, DatasetFixture } from './dataset-fixture.js';

let fixture: DatasetFixture;

beforeAll(async () => {
  fixture = await DatasetFixture.create('kinds');
});
afterAll(() => fixture.drop());

const columns = [
  { name: 'id', type: 'integer', required: true },
  { name: 'code "X"', type: 'text', required: true },
  { name: 'day', type: 'date', required: true },
  { name: 'at', type: 'timestamp', required: true },
  { name: 'share', type: 'decimal', required: true },
  { name: 'ok', type: 'boolean', required: true },
  { name: 'big', type: 'bigint' },
  { name: 'amount', type: 'decimal', precision: 18, scale: 4 },
  { name: 'region', type: 'text', default: 'x', dimension: true },
  { name: 'note', type: 'text' },
  { name: 'info', type: 'json' },
];
const gold = [
  {
    table: 'by_region',
    dimensions: ['region', 'id'],
    measures: {
      n: 'count',
      total: 'sum(amount)',
      mean: 'avg(amount)',
      lowest: 'min(amount)',
      highest: 'max(big)',
      since: 'min(at)',
      until: 'max(day)',
    },
  },
  {
    table: 'good',
    dimensions: ['ok', 'day'],
    where: 'amount > 0',
    measures: { n: 'count', best: 'max(amount)', big: 'sum(big)' },
  },
];

const kinds: [string, object][] = [
  ['one text column, first', { key: 'code "X"' }],
  ['one integer column, last', { key: 'id', keep: 'last' }],
  ['a time and a decimal, the highest bigint', { key: ['at', 'share'], keep: 'max(big)' }],
  ['five columns, the highest text', { key: ['day', 'ok', 'id', 'code "X"', 'region'], keep: 'max(note)' }],
  ['no key', { key: 'none' }],
];

/** Few values, so that keys and groups meet; among them what a careless encoding would get wrong. */
function randomRow(roll: (sides: number) => number, record: number): Row {
  const pick = <T>(...from: T[]): T => from[roll(from.length)];
  const values: Record<string, string | undefined> = {
    id: pick('1', '2', '-3'),
    'code "X"': pick('a', 'ä', 'A"\\,', '😀'),
    day: pick('2024-01-31', '1969-12-31'),
    at: pick(
      '2024-01-31T10:00:00Z',
      '2024-01-31T10:00:00.000001Z',
      '1960-02-29T23:59:59.5Z',
      '9999-12-31T23:59:59.999999Z',
    ),
    share: pick('0', '1.5', '-0.125', '12345678901234567890.1'),
    ok: pick('true', 'false'),
    big: pick(undefined, '1', '9007199254740993', '-9223372036854775808'),
    amount: pick(undefined, '1.5', '-2', '0.0001', '99999999999999.9999'),
    region: pick('x', 'Ö'),
    note: pick(undefined, '', 'b', '\uffee', '😀'),
    info: pick(undefined, '{"a": [1, null]}', 'null'),
  };
  const amount = Number(values.amount);
  if (values.amount !== undefined) values._where_2 = String(amount > 0);
  const known = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { record, values: Object.fromEntries(known) };
}

function randomChunks(seed: number): Chunk[] {
  const roll = dice(seed);
  return [1, 2].flatMap((source) =>
    [0, 1].map((chunk) => ({
      ...{ source, chunk },
      rows: Array.from({ length: 16 }, (_, index) => randomRow(roll, chunk * 40 + index * 2 + 1)),
    })),
  );
}

interface Positioned {
  key: string;
  source: number;
  record: number;
  values: Record<string, string>;
}

/** What is kept, by the words of the config alone. */
function winnersOf(plan: DatasetPlan, chunks: Chunk[]): { winners: Positioned[]; rows: Positioned[] } {
  const rows = chunks.flatMap(({ source, rows }) => {
    const data = columnsOf(plan, rows, rows[0].record);
    return rows.map(({ record, values }, at) => {
      const key = plan.keys.length === 0 ? `${source}/${record}` : keyTextAt(plan, data, at);
      return { key, source, record, values };
    });
  });
  const { keep } = plan;
  const column = keep.kind === 'max' ? plan.columns[keep.column] : undefined;
  const better = (a: Positioned, b: Positioned): boolean => {
    const earlier = a.source - b.source || a.record - b.record;
    if (!column) return keep.kind === 'first' ? earlier < 0 : earlier > 0;
    const [left, right] = [a.values[column.name], b.values[column.name]];
    if (left === right) return earlier < 0;
    if (left === undefined || right === undefined) return right === undefined;
    if (column.type === 'bigint') return BigInt(left) > BigInt(right);
    return Buffer.compare(Buffer.from(left), Buffer.from(right)) > 0;
  };
  const best = new Map<string, Positioned>();
  for (const row of rows) {
    const known = best.get(row.key);
    if (!known || better(row, known)) best.set(row.key, row);
  }
  return { winners: [...best.values()], rows };
}

async function tableOf(plan: DatasetPlan): Promise<unknown[]> {
  return fixture.db.query(
    `select id::text, "code ""X""", to_char(day, 'YYYY-MM-DD') as day, ok::text, big::text, trim_scale(amount)::text as amount,
       trim_scale(share)::text as share, extract(epoch from at)::text as at, region, note, info::text, _source, _record, _version
     from ${quote(plan.table)} order by _source, _record`,
  );
}

function expectedTable(winners: Positioned[]): unknown[] {
  const seconds: Record<string, string> = {
    '2024-01-31T10:00:00Z': '1706695200.000000',
    '2024-01-31T10:00:00.000001Z': '1706695200.000001',
    '1960-02-29T23:59:59.5Z': '-310435200.500000',
    '9999-12-31T23:59:59.999999Z': '253402300799.999999',
  };
  const sorted = winners.toSorted((a, b) => a.source - b.source || a.record - b.record);
  return sorted.map(({ source, record, values: { _where_2, ...values } }) => ({
    ...{ big: null, amount: null, note: null, info: null },
    ...values,
    at: seconds[values.at],
    ...{ _source: source, _record: record, _version: 1 },
  }));
}

describe.each(kinds)('a dataset with %s', (name, identity) => {
  let plan: DatasetPlan;
  beforeAll(async () => {
    const dataset = `kind_${kinds.findIndex(([kind]) => kind === name)}`;
    const own = gold.map((table) => ({ ...table, table: `${dataset}_${table.table}` }));
    plan = await fixture.make({
      name: dataset,
      table: `Table "${dataset}"`,
      parts: 3,
      columns,
      gold: own,
      ...identity,
    });
  });

  it('holds the rows to keep, to the last digit, names all others, and sums up what it holds', async () => {
    await fixture.clear(plan);
    const chunks = randomChunks(11);
    await fixture.register(plan, chunks);
    await fixture.apply(
      chunks.toReversed().flatMap(({ rows, ...place }) => batchesOf(plan, rows, place)),
      [2, 3],
    );
    const { winners, rows } = winnersOf(plan, chunks);
    expect(await tableOf(plan)).toEqual(expectedTable(winners));
    const lost = rows.filter((row) => !winners.includes(row));
    const named = await fixture.db.query(
      `select source, record, key, winner_source, winner_record from millrace.duplicates_named where dataset = $1 order by 1, 2`,
      [plan.name],
    );
    const winnerOf = new Map(winners.map((row) => [row.key, row]));
    expect(named).toEqual(
      lost.map(({ source, record, key }) => {
        const { source: winner_source, record: winner_record } = winnerOf.get(key)!;
        return { source, record, key, winner_source, winner_record };
      }),
    );
    expect(await fixture.goldDifferences(plan)).toEqual([]);
    const [{ mean }] = await fixture.db.query<{ mean: unknown[] }>(
      `select array_agg(g.mean - t.mean) as mean from ${quote(plan.gold[0].table)} g join (
         select region, id, round(avg(amount), 4) as mean from ${quote(plan.table)} group by 1, 2) t using (region, id)
       where g.mean is distinct from t.mean`,
    );
    expect(mean).toBeNull();
    expect((await books(fixture.db, plan.name)).map(({ balanced, complete }) => balanced && complete)).toEqual([
      true,
      true,
    ]);
  });

  it('comes to the same state in whatever order, grouping and repetition, with whatever hints', async () => {
    const seed = fc.integer({ min: 1, max: 1_000_000 });
    const suspects = fc.constantFrom(0, 1, 4);
    await fc.assert(
      fc.asyncProperty(
        seed,
        suspects,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
        async (seed, among, sizes) => {
          const chunks = randomChunks(seed);
          const roll = dice(seed);
          const isSuspect = () => among === 0 || roll(among) === 0;
          const messages = chunks.flatMap(({ rows, ...place }) => batchesOf(plan, rows, { ...place, isSuspect }));
          await fixture.clear(plan);
          await fixture.apply(messages);
          const expected = await fixture.state(plan);
          await fixture.clear(plan);
          await fixture.apply(shuffled([...messages, ...shuffled(messages, roll).slice(0, 3)], roll), sizes);
          expect(await fixture.state(plan)).toEqual(expected);
          expect(await fixture.goldDifferences(plan)).toEqual([]);
        },
      ),
      { numRuns: 4 },
    );
  });

  it('gives its keys back in ranges, as the bytes that are hashed', async () => {
    await fixture.clear(plan);
    const chunks = randomChunks(5);
    for (const { rows, source, chunk } of chunks) await fixture.applyRows(plan, rows, source, chunk);
    if (plan.keys.length === 0) return expect(await tableOf(plan)).toHaveLength(64);
    const found: string[] = [];
    let after: string[] | undefined;
    do {
      const { keys, last } = await readKeyRange(fixture.db, plan, after, 3);
      found.push(...(keys ? keys.toString().split('\0') : []));
      after = last;
    } while (after);
    const { winners } = winnersOf(plan, chunks);
    expect(found.toSorted()).toEqual(winners.map(({ key }) => key).toSorted());
  });
});

describe('several appliers that replace rows in the same groups', () => {
  it('leave the lowest and highest values of what the table holds', async () => {
    const own = [{ ...gold[0], table: 'met', dimensions: ['region'] }];
    const plan = await fixture.make({
      name: 'met',
      table: 'Met',
      key: 'id',
      keep: 'last',
      parts: 6,
      columns,
      gold: own,
    });
    const roll = dice(3);
    const chunks = Array.from({ length: 12 }, (_, index) => ({
      ...{ source: 1 + (index % 6), chunk: Math.floor(index / 6) },
      rows: Array.from({ length: 30 }, (_, at) => {
        const { values } = randomRow(roll, 0);
        return { record: index * 100 + at + 1, values: { ...values, id: String(roll(40)), amount: `${roll(1000)}.5` } };
      }),
    }));
    const messages = shuffled(
      chunks.flatMap(({ rows, ...place }) => batchesOf(plan, rows, place)),
      roll,
    );
    await fixture.clear(plan);
    await fixture.apply(messages);
    const expected = await fixture.state(plan);
    await fixture.clear(plan);
    await Promise.all(
      [0, 1].map((half) => {
        const part = messages.filter(({ partition }) => partition % 2 === half);
        return fixture.apply(part, [2]);
      }),
    );
    expect(await fixture.state(plan)).toEqual(expected);
    expect(await fixture.goldDifferences(plan)).toEqual([]);
  });
});

describe('a row that PostgreSQL cannot hold', () => {
  it('becomes a reject with its SQLSTATE, whatever its type, also where rows have no key', async () => {
    const plan = await fixture.make({ name: 'held', table: 'held', key: 'none', parts: 1, columns });
    await fixture.clear(plan);
    const row = (record: number, values: Record<string, string>): Row => ({
      record,
      values: { ...randomRow(() => 0, record).values, ...values },
    });
    const rows = [
      row(1, {}),
      row(2, { info: '{"a":' }),
      row(3, { info: '"\\u0000"' }),
      row(4, { big: '9223372036854775808' }),
      row(5, { amount: '123456789012345' }),
      row(6, { note: 'a\0b' }),
      row(7, { at: '2024-01-31T10:00:00.000001Z' }),
    ];
    await fixture.apply(batchesOf(plan, rows, { source: 1, chunk: 0, isSuspect: () => false }));
    expect(
      await fixture.db.query('select record, code, left(value, 5) as state, "column" from millrace.rejects order by 1'),
    ).toEqual([
      { record: 2, code: 'not_storable', state: '22P02', column: 'info' },
      { record: 3, code: 'not_storable', state: '22P05', column: 'info' },
      { record: 4, code: 'not_storable', state: '22003', column: null },
      { record: 5, code: 'not_storable', state: '22003', column: 'amount' },
      { record: 6, code: 'not_storable', state: '22021', column: 'note' },
    ]);
    expect(await fixture.db.query('select _record from held order by 1')).toEqual([{ _record: 1 }, { _record: 7 }]);
  });
});
