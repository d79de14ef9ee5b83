import { inboxRecord } from '@millrace/contracts';
import {
  type ApplyMessage,
  claimKey,
  compactSources,
  createApplier,
  expireRequests,
  type InboxProgress,
  inboxApplied,
  receiptOf,
  requestById,
} from '@millrace/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApplyFixture, inOrder, messagesOf } from './apply-fixture.js';
import { type SalesRow, sales } from './sales-batches.js';

let fixture: ApplyFixture;

beforeAll(async () => {
  fixture = await ApplyFixture.create();
});
beforeEach(() => fixture.clear());
afterAll(() => fixture.drop());

const BASE = 2n ** 33n;
const SOURCE = 4;

/** One partition of an inbox, the first offset of whose source is not 0. */
async function registerPartition(next: { offset: bigint; row: number }, source = SOURCE): Promise<void> {
  await fixture.db.query(
    `insert into millrace.sources (id, dataset, kind, path, state, topic, partition, topic_id, base_offset, next_record)
     values ($1, 'sales', 'inbox', 'inbox.sales[2]', 'live', 'inbox.sales', 2, $2, $3, $4)`,
    [source, `topic ${source}`, BASE, inboxRecord(BASE, next.offset, next.row)],
  );
}

type Place = [offset: number, row: number];
const recordOf = ([offset, row]: Place) => inboxRecord(BASE, BASE + BigInt(offset), row);

/** Records a chunk of rows at their places; the next chunk goes on from `end`. */
async function recordChunk(chunk: number, start: Place, end: Place, rows: SalesRow[], source = SOURCE): Promise<void> {
  await fixture.db.query(
    `insert into millrace.chunks (source, chunk, fingerprint, flags, byte_start, byte_end, first_record, records, content_hash, published_at)
     values ($1, $2, $3, 4, $4, $5, $6, $7, '', now())`,
    [source, chunk, sales.fingerprint, recordOf(start), recordOf(end), rows[0]?.record ?? recordOf(start), rows.length],
  );
}

const rowAt = (order_id: string, ...place: Place): SalesRow => ({ order_id, record: recordOf(place) });
const messagesFor = (chunk: number, rows: SalesRow[], source = SOURCE) =>
  messagesOf(new Map([[`${source}/${chunk}`, rows]]), 'all');

let applied: ApplyMessage[] = [];
/** Applies messages behind those that were applied before. */
async function apply(messages: ApplyMessage[]): Promise<void> {
  const ordered = inOrder([...applied, ...messages]).slice(applied.length);
  applied = [...applied, ...messages];
  await createApplier(fixture.db).apply(ordered);
}
beforeEach(() => {
  applied = [];
});

const receipt = (offset: number, rows: number) =>
  receiptOf(fixture.db, { source: SOURCE, offset: BASE + BigInt(offset), rows });

describe('a receipt', () => {
  it('says received until every chunk with rows of the message is recorded and applied', async () => {
    expect(await receipt(7, 3)).toEqual({ status: 'received' });
    await registerPartition({ offset: BASE + 7n, row: 2 });
    const first = [rowAt('a', 7, 0), rowAt('b', 7, 1)];
    const second = [rowAt('c', 7, 2), rowAt('d', 8, 0)];
    await recordChunk(0, [6, 0], [7, 2], first);
    await apply(messagesFor(0, first));
    expect(await receipt(7, 3)).toEqual({ status: 'received' });
    await recordChunk(1, [7, 2], [9, 0], second);
    await fixture.db.query('update millrace.sources set next_record = $1', [recordOf([9, 0])]);
    expect(await receipt(7, 3)).toEqual({ status: 'received' });
    const [manifest, ...batches] = messagesFor(1, second).reverse();
    await apply(batches);
    expect(await receipt(7, 3)).toEqual({ status: 'received' });
    await apply([manifest]);
    const nothing = { duplicates: [], duplicates_total: 0, rejected: [], rejected_total: 0, failed: 0 };
    expect(await receipt(7, 3)).toEqual({ status: 'applied', rows: 3, written: 3, ...nothing });
    expect(await receipt(8, 1)).toEqual({ status: 'applied', rows: 1, written: 1, ...nothing });
    expect(await receipt(9, 1)).toEqual({ status: 'received' });
    const below = receiptOf(fixture.db, { source: SOURCE, offset: 3n, rows: 1 });
    expect(await below).toEqual({ status: 'received' });
  });

  it('names duplicates with the rows that won, wherever those stand, and rejects, before and after compaction', async () => {
    await fixture.register(new Map([['1/0', [{ order_id: 'file', record: 9 }]]]));
    await apply(messagesOf(new Map([['1/0', [{ order_id: 'file', record: 9 }]]]), 'all'));
    await registerPartition({ offset: BASE + 12n, row: 0 });
    const rows = [
      rowAt('a', 10, 0),
      rowAt('file', 10, 1),
      rowAt('x', 10, 2),
      rowAt('b', 11, 0),
      rowAt('a', 11, 1),
      rowAt('b', 11, 3),
    ];
    const rejected = {
      record: recordOf([11, 2]),
      column: 'quantity',
      code: 'not_integer',
      value: 'many',
      raw: '',
    } as const;
    await recordChunk(0, [10, 0], [12, 0], [...rows, { order_id: '', record: 0 }]);
    await recordChunk(1, [12, 0], [12, 0], []);
    const messages = messagesFor(0, rows);
    for (const message of messages) if (message.kind === 'manifest') message.manifest.rejects = [rejected];
    await apply(messages);

    const expected = {
      ...{ status: 'applied', rows: 4, written: 1, failed: 0, duplicates_total: 2, rejected_total: 1 },
      duplicates: [
        {
          ...{ row: 1, key: 'a' },
          duplicate_of: {
            ...{ source: SOURCE, path: 'inbox.sales[2]', record: recordOf([10, 0]) },
            ...{ topic: 'inbox.sales', partition: 2, offset: String(BASE + 10n), row: 0 },
          },
        },
        { row: 3, key: 'b', duplicate_of: expect.objectContaining({ offset: String(BASE + 11n), row: 0 }) },
      ],
      rejected: [{ row: 2, column: 'quantity', code: 'not_integer', value: 'many' }],
    };
    const expectedBefore = {
      ...{ rows: 3, written: 2, duplicates_total: 1 },
      duplicates: [{ row: 1, key: 'file', duplicate_of: { source: 1, path: '/in/part_1.csv', record: 9 } }],
    };
    for (const merge of [async () => [], () => compactSources(fixture.db)]) {
      await merge();
      expect(await receipt(11, 4)).toEqual(expected);
      expect(await receipt(10, 3)).toMatchObject(expectedBefore);
    }
    expect(await fixture.db.query('select count(*) from millrace.ranges')).toEqual([{ count: 1 }]);
    const place = { topic: 'inbox.sales', partition: 2, offset: Number(BASE + 11n), row: 2 };
    expect(
      await fixture.db.query('select path, topic, partition, "offset", row, code from millrace.rejects_located'),
    ).toEqual([{ path: 'inbox.sales[2]', ...place, code: 'not_integer' }]);
    expect(
      await fixture.db.query(
        `select path, winner_path, winner_record, winner_topic, winner_offset, winner_row from millrace.duplicates_named
         order by winner_source`,
      ),
    ).toMatchObject([
      {
        path: 'inbox.sales[2]',
        winner_path: '/in/part_1.csv',
        winner_record: 9,
        winner_topic: null,
        winner_offset: null,
      },
      { winner_path: 'inbox.sales[2]', winner_topic: 'inbox.sales', winner_row: 0 },
      { winner_path: 'inbox.sales[2]', winner_topic: 'inbox.sales', winner_row: 0 },
    ]);
  });

  it('shows the state now: a row that was written may lose to a lower position later', async () => {
    await registerPartition({ offset: BASE + 1n, row: 0 });
    await recordChunk(0, [0, 0], [1, 0], [rowAt('a', 0, 0)]);
    await apply(messagesFor(0, [rowAt('a', 0, 0)]));
    expect(await receipt(0, 1)).toMatchObject({ written: 1, duplicates: [] });
    await apply(messagesOf(new Map([['1/0', [{ order_id: 'a', record: 5 }]]]), 'all'));
    expect(await receipt(0, 1)).toMatchObject({
      written: 0,
      duplicates: [{ row: 0, duplicate_of: { source: 1, record: 5 } }],
    });
    await fixture.db.query('delete from sales');
    expect(await receipt(0, 1)).toMatchObject({ duplicates: [{ row: 0, key: 'a', duplicate_of: null }] });
  });

  it('counts rows that were set aside: of a whole chunk, or as many as a slot had', async () => {
    await registerPartition({ offset: BASE + 3n, row: 0 });
    const rows = [rowAt('a', 0, 0), rowAt('b', 0, 1), rowAt('c', 1, 0)];
    await recordChunk(0, [0, 0], [2, 0], rows);
    await recordChunk(1, [2, 0], [3, 0], [rowAt('d', 2, 0), rowAt('e', 2, 1)]);
    await fixture.db.query(
      `insert into millrace.manifests (source, chunk, records, rejected, skipped, slots, failed) values (4, 0, 0, 0, 0, '{}', true)`,
    );
    const [batch, ...others] = messagesFor(1, [rowAt('d', 2, 0), rowAt('e', 2, 1)]);
    if (batch.kind !== 'batch') throw new TypeError('a batch was meant');
    await fixture.db.query(
      'insert into millrace.ledger (source, chunk, slot, rows, failed) values (4, 1, $1, $2, $2)',
      [batch.batch.slot, batch.data.rows],
    );
    await apply(others);
    expect(await receipt(0, 2)).toMatchObject({ status: 'applied', rows: 2, written: 0, failed: 2 });
    expect(await receipt(1, 1)).toMatchObject({ status: 'applied', rows: 1, written: 0, failed: 1 });
    expect(await receipt(2, 2)).toMatchObject({ rows: 2, written: 2 - batch.data.rows, failed: batch.data.rows });
  });

  it('lists the first thousand and counts all', async () => {
    const many = 1200;
    await registerPartition({ offset: BASE + 1n, row: 0 });
    await recordChunk(0, [0, 0], [1, 0], []);
    await fixture.db.query(
      `insert into millrace.manifests (source, chunk, records, rejected, skipped, slots) values (4, 0, 0, 0, 0, '{}')`,
    );
    await fixture.db.query(
      `insert into millrace.duplicates (source, record, dataset, key) select 4, row, 'sales', 'a' from generate_series(0, $1 - 1) row`,
      [many],
    );
    await fixture.db.query(
      `insert into millrace.rejects (source, record, dataset, code) select 4, $1 + row, 'sales', 'blank' from generate_series(0, $1 - 1) row`,
      [many],
    );
    const found = await receipt(0, 3 * many);
    if (found.status !== 'applied') throw new TypeError('applied was meant');
    expect(found).toMatchObject({ written: many, duplicates_total: many, rejected_total: many });
    expect([found.duplicates.length, found.rejected.length]).toEqual([1000, 1000]);
    expect([found.duplicates.at(-1)?.row, found.rejected.at(-1)?.row]).toEqual([999, 2199]);
  });
});

describe('how far an inbox is applied', () => {
  it('is the first offset of which something is missing, compacted chunks included', async () => {
    await registerPartition({ offset: BASE + 9n, row: 3 });
    await registerPartition({ offset: BASE, row: 0 }, 5);
    let known: InboxProgress[] = [];
    const progress = async () => {
      const found = await inboxApplied(fixture.db, 'sales');
      expect(await inboxApplied(fixture.db, 'sales', known)).toEqual(found);
      known = found;
      return found;
    };
    const row = { source: SOURCE, topic: 'inbox.sales', partition: 2, topic_id: 'topic 4' };
    const other = { ...row, source: 5, topic_id: 'topic 5', offset: BASE };
    expect(await inboxApplied(fixture.db, 'sales')).toEqual([{ ...row, offset: BASE + 9n }, other]);
    const places: [Place, Place][] = [
      [
        [0, 0],
        [3, 0],
      ],
      [
        [3, 0],
        [5, 2],
      ],
      [
        [5, 2],
        [9, 3],
      ],
    ];
    const rows = places.map(([start]) => [rowAt(`o ${start}`, ...start)]);
    for (const [chunk, [start, end]] of places.entries()) await recordChunk(chunk, start, end, rows[chunk]);
    expect((await progress())[0].offset).toBe(BASE);
    await apply(messagesFor(0, rows[0]));
    expect((await progress())[0].offset).toBe(BASE + 3n);
    await compactSources(fixture.db);
    expect((await progress())[0].offset).toBe(BASE + 3n);
    await apply(messagesFor(1, rows[1]));
    expect((await progress())[0].offset).toBe(BASE + 5n);
    await apply(messagesFor(2, rows[2]));
    expect((await progress())[0].offset).toBe(BASE + 9n);
    expect(await inboxApplied(fixture.db, 'other')).toEqual([]);
  });
});

describe('an idempotency key', () => {
  const request = { dataset: 'sales', key: 'k-1', body_hash: Buffer.from('one'), rows: 2 };

  it('is new once, then the same or another, by its body', async () => {
    const claimed = await claimKey(fixture.db, request);
    expect(claimed).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), state: 'new', source: null, offset: null });
    const { id } = claimed;
    expect(await claimKey(fixture.db, request)).toEqual({ id, state: 'same', source: null, offset: null });
    expect(await claimKey(fixture.db, { ...request, body_hash: Buffer.from('two') })).toMatchObject({
      id,
      state: 'other',
    });
    expect(await claimKey(fixture.db, { ...request, dataset: 'other' })).toMatchObject({ state: 'new' });
    await fixture.db.query('update millrace.requests set source = 4, "offset" = $1 where id = $2', [2n ** 60n, id]);
    expect(await claimKey(fixture.db, request)).toEqual({ id, state: 'same', source: 4, offset: 2n ** 60n });
    expect(await requestById(fixture.db, id)).toMatchObject({
      ...request,
      id,
      source: 4,
      offset: 2n ** 60n,
      repeats: 0,
    });
  });

  it('is new for exactly one of several that come at once', async () => {
    const claims = await Promise.all(Array.from({ length: 12 }, () => claimKey(fixture.db, request)));
    expect(claims.filter(({ state }) => state === 'new')).toHaveLength(1);
    expect(new Set(claims.map(({ id }) => id)).size).toBe(1);
  });

  it('is forgotten after its time, and unknown ids are none', async () => {
    const { id } = await claimKey(fixture.db, request);
    await claimKey(fixture.db, { ...request, key: 'k-2' });
    await fixture.db.query(`update millrace.requests set at = at - interval '2 h' where id = $1`, [id]);
    expect(await expireRequests(fixture.db, 3 * 3_600_000)).toBe(0);
    expect(await expireRequests(fixture.db, 3_600_000)).toBe(1);
    expect(await requestById(fixture.db, id)).toBeUndefined();
    expect(await requestById(fixture.db, 'x')).toBeUndefined();
    expect(await claimKey(fixture.db, request)).toMatchObject({ state: 'new' });
    expect(await claimKey(fixture.db, { ...request, key: 'k-2' })).toMatchObject({ state: 'same' });
  });
});
