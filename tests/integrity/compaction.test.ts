import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHUNK_FLAG } from '@millrace/contracts';
import {
  type ApplyMessage,
  books,
  type CompactOptions,
  compactSources,
  createApplier,
  type Database,
  digest,
  type HashedBytes,
  resolvedChunks,
} from '@millrace/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dice, dirtyChunks, shuffled } from './apply-chunks.js';
import { ApplyFixture, inOrder, messagesOf } from './apply-fixture.js';
import { batchOf, type SalesRow, sales } from './sales-batches.js';

let fixture: ApplyFixture;

beforeAll(async () => {
  fixture = await ApplyFixture.create();
});
beforeEach(() => fixture.clear());
afterAll(() => fixture.drop());

const compact = (options: CompactOptions = {}) => compactSources(fixture.db, options);
const state = () => digest(fixture.db, sales);
const count = async (table: string) =>
  (await fixture.db.query<{ count: number }>(`select count(*) from millrace.${table}`))[0].count;
const ranges = () =>
  fixture.db.query(
    `select source, chunk_from as from, chunk_to as to, records, written, duplicates, rejected from millrace.ranges order by 1, 2`,
  );

async function applyInGroups(messages: ApplyMessage[], group: number, db: Database = fixture.db): Promise<void> {
  const applier = createApplier(db);
  for (let at = 0; at < messages.length; at += group) await applier.apply(messages.slice(at, at + group));
}

/** Two sources of an inbox with five chunks each, all of it applied. */
async function appliedInbox(): Promise<{ chunks: Map<string, SalesRow[]>; messages: ApplyMessage[] }> {
  const chunks = dirtyChunks({ sources: 2, chunks: 5, rows: 60 });
  await fixture.register(chunks, 'inbox');
  const messages = inOrder(messagesOf(chunks, 'all'));
  await applyInGroups(messages, 7);
  return { chunks, messages };
}

describe('compaction of an inbox', () => {
  it('leaves one range and the last chunk of each source, and every number as it was', async () => {
    await appliedInbox();
    await fixture.db.query('update millrace.chunks set heals = 1 where chunk in (1, 2)');
    const before = { digest: await state(), books: await books(fixture.db) };
    expect(await compact({ dataset: 'sales' })).toEqual([
      { source: 1, dataset: 'sales', chunks: 4 },
      { source: 2, dataset: 'sales', chunks: 4 },
    ]);
    expect({ digest: await state(), books: await books(fixture.db) }).toEqual(before);
    expect(before.books).toMatchObject([
      { rows_in: 300, balanced: true, complete: true, state: 'live' },
      { rows_in: 300, balanced: true, complete: true, state: 'live' },
    ]);
    expect(await fixture.db.query('select source, chunk from millrace.chunks order by 1')).toEqual([
      { source: 1, chunk: 4 },
      { source: 2, chunk: 4 },
    ]);
    expect(await fixture.db.query('select distinct chunk from millrace.ledger')).toEqual([{ chunk: 4 }]);
    expect(await count('manifests')).toBe(2);
    expect(
      await fixture.db.query(
        `select source, chunk_from, chunk_to, byte_start, byte_end, first_record, last_record, records, heals, content_hash
         from millrace.ranges order by source`,
      ),
    ).toEqual(
      [1, 2].map((source) => ({
        ...{ source, chunk_from: 0, chunk_to: 3, byte_start: 1, byte_end: 361, first_record: 1, last_record: 360 },
        ...{ records: 240, heals: 2, content_hash: null },
      })),
    );
  });

  it('is no work when there is nothing to do, for other datasets, and for sources that are not live', async () => {
    const { chunks } = await appliedInbox();
    expect(await compact({ dataset: 'other' })).toEqual([]);
    await compact();
    expect(await compact()).toEqual([]);
    await fixture.clear();
    await fixture.register(chunks, 'file');
    await applyInGroups(inOrder(messagesOf(chunks, 'all')), 1000);
    expect(await compact({ rehash: async () => Buffer.alloc(32) })).toEqual([]);
  });

  it('goes on from its ranges, a bounded number of chunks a transaction', async () => {
    const { messages } = await appliedInbox();
    const before = await state();
    expect(await compact({ batch_chunks: 3 })).toMatchObject([{ chunks: 4 }, { chunks: 4 }]);
    expect(await ranges()).toMatchObject([
      { source: 1, from: 0, to: 3 },
      { source: 2, from: 0, to: 3 },
    ]);
    await fixture.register(new Map([['1/5', [{ order_id: 'late', record: 451 }]]]), 'inbox');
    await fixture.db.query('update millrace.chunks set byte_end = 451 where source = 1 and chunk = 4');
    expect(await compact()).toEqual([{ source: 1, dataset: 'sales', chunks: 1 }]);
    expect(await ranges()).toMatchObject([
      { source: 1, from: 0, to: 4, records: 300 },
      { source: 2, from: 0, to: 3 },
    ]);
    await applyInGroups(messages, 1000);
    expect({ ...(await state()), books: '' }).toEqual({ ...before, books: '' });
  });

  it('counts compacted chunks as resolved', async () => {
    await appliedInbox();
    await compact();
    const wanted = [
      { source: 2, chunk: 0 },
      { source: 1, chunk: 9 },
      { source: 1, chunk: 3 },
      { source: 1, chunk: 4 },
      { source: 3, chunk: 0 },
    ];
    expect(await resolvedChunks(fixture.db, wanted)).toEqual([wanted[0], wanted[2], wanted[3]]);
  });

  it('leaves alone what is unresolved, unpublished, failed or does not balance, until it is in order', async () => {
    const chunks = dirtyChunks({ sources: 1, chunks: 10, rows: 20 });
    await fixture.register(chunks, 'inbox');
    const messages = inOrder(messagesOf(chunks, 'all'));
    const isOf = (chunk: number) => (message: ApplyMessage) =>
      message.kind === 'batch' && message.batch.chunk === chunk;
    const late = messages.find(isOf(2))!;
    const failing = messages.find(isOf(4))!;
    await applyInGroups(
      messages.filter((message) => message !== late && message !== failing),
      1000,
    );
    if (failing.kind !== 'batch') throw new TypeError('a batch was meant');
    const { source, chunk, slot } = failing.batch;
    const poison = { stage: 'deduper', topic: 'silver.sales', partition: 0, offset: '1', code: 'STEP_THREW' as const };
    const setAside: ApplyMessage = {
      ...{ kind: 'set_aside', topic: 'rejects.poison', partition: 0, offset: 0n, dataset: 'sales', rows: 1 },
      set_aside: { ...poison, source, chunk, slot, reason: 'x', size_bytes: 1 },
    };
    await applyInGroups([setAside], 1);
    await fixture.db.query('update millrace.chunks set published_at = null where chunk = 6');
    await fixture.db.query('update millrace.chunks set records = records + 1 where chunk = 8');
    const before = await state();
    await compact();
    const left = () => fixture.db.query<{ chunk: number }>('select chunk from millrace.chunks order by 1');
    expect((await left()).map(({ chunk }) => chunk)).toEqual([2, 4, 6, 8, 9]);
    expect(await state()).toEqual(before);

    await applyInGroups([failing, late], 1);
    await fixture.db.query('update millrace.chunks set published_at = now() where chunk = 6');
    await fixture.db.query('update millrace.chunks set records = records - 1 where chunk = 8');
    const mended = await state();
    for (let turn = 0; turn < 4; turn++) await compact();
    expect(await ranges()).toMatchObject([{ from: 0, to: 8, records: 180 }]);
    expect(await state()).toEqual(mended);
  });

  it('gives way to a transaction that applies, and merges later', async () => {
    await appliedInbox();
    const before = await ranges();
    const applying = await fixture.connect('aggregator-9');
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const open = applying.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock_shared(7163002)');
      expect(await compact()).toEqual([]);
      release();
    });
    await Promise.all([open, released]);
    expect(await ranges()).toEqual(before);
    expect(await count('chunks')).toBe(10);
    expect(await compact()).toHaveLength(2);
  });

  it('is done once when several do it at the same time', async () => {
    await appliedInbox();
    const before = await state();
    const others = await Promise.all([1, 2, 3].map((number) => fixture.connect(`ingestor-${number}`)));
    const done = await Promise.all(others.map((db) => compactSources(db)));
    expect(done.flat().reduce((sum, { chunks }) => sum + chunks, 0)).toBe(8);
    expect(await state()).toEqual(before);
  });
});

describe('what comes again of a compacted chunk', () => {
  it('changes nothing: batches, manifests and set-asides', async () => {
    const { messages } = await appliedInbox();
    await compact();
    const before = { digest: await state(), ledger: await count('ledger'), manifests: await count('manifests') };
    expect(await fixture.applier().apply(messages)).toMatchObject({
      ...{ rows: 0, written: 0, duplicates: 0, rejected: 0, redelivered: messages.length, batches: [] },
    });
    const poison = { topic: 'silver.sales', partition: 0, code: 'STEP_THREW' as const, reason: 'x', size_bytes: 1 };
    const setAsides = [
      { ...poison, stage: 'deduper', slot: 99, offset: '1' },
      { ...poison, stage: 'cleaner', slot: null, offset: '2' },
    ].map(
      (set_aside, offset): ApplyMessage => ({
        ...{
          kind: 'set_aside',
          topic: 'rejects.sales',
          partition: 3,
          offset: BigInt(offset),
          dataset: 'sales',
          rows: 1,
        },
        set_aside: { ...set_aside, source: 1, chunk: 0 },
      }),
    );
    await fixture.applier().apply(setAsides);
    expect({ digest: await state(), ledger: await count('ledger'), manifests: await count('manifests') }).toEqual(
      before,
    );
    expect(await books(fixture.db)).toMatchObject([{ failed: 0, balanced: true }, { balanced: true }]);
  });

  it('is not taken for a topic made anew', async () => {
    const { messages } = await appliedInbox();
    await compact();
    const offsets = () => fixture.db.query('select * from millrace.offsets order by topic, partition');
    const before = await offsets();
    await fixture.applier().apply(messages.slice(0, 3));
    expect(await offsets()).toEqual(before);
  });
});

describe('a lower position than a row of a compacted chunk', () => {
  it('replaces it, and its range counts one duplicate more', async () => {
    const rows = (order_id: string, record: number): [string, SalesRow[]] => [`2/${record}`, [{ order_id, record }]];
    const chunks = new Map([rows('A', 0), rows('A-1', 1), rows('B', 2)]);
    await fixture.register(chunks, 'inbox');
    await applyInGroups(inOrder(messagesOf(chunks, 'none')), 1);
    await compact();
    expect(await ranges()).toMatchObject([{ records: 2, written: 2, duplicates: 0 }]);
    const { partition } = batchOf({ source: 1, chunk: 0, offset: 0, rows: [{ order_id: 'A-1', record: 7 }] });
    const lower = batchOf({ source: 1, chunk: 0, offset: 50, part: partition, rows: [{ order_id: 'A-1', record: 7 }] });
    const applier = fixture.applier();
    await applier.nextOffset('screened.sales', partition);
    expect(await applier.apply([lower])).toMatchObject({ written: 1, replaced: 1 });
    expect(await ranges()).toMatchObject([{ records: 2, written: 1, duplicates: 1 }]);
    expect(await fixture.db.query('select source, record, winner_source from millrace.duplicates_named')).toEqual([
      { source: 2, record: 1, winner_source: 1 },
    ]);
  });

  it('leaves what it would have left without compaction', async () => {
    const chunks = dirtyChunks({ sources: 4, chunks: 4, rows: 60, keys: 120 });
    const ordered = inOrder(messagesOf(chunks, 'all').reverse());
    const run = async (between: () => Promise<unknown>) => {
      await fixture.clear();
      await fixture.register(chunks, 'inbox');
      const half = ordered.length >> 1;
      await applyInGroups(ordered.slice(0, half), 9);
      await between();
      await applyInGroups(ordered.slice(half), 9);
      return state();
    };
    const expected = await run(async () => {});
    expect(await run(compact)).toEqual(expected);
    const [{ duplicates }] = await fixture.db.query<{ duplicates: number }>(
      'select sum(duplicates)::int as duplicates from millrace.ranges',
    );
    expect(duplicates).toBeGreaterThan(0);
  });
});

describe('compaction while batches are applied', () => {
  it('leaves the same state, whatever comes between what', async () => {
    const chunks = dirtyChunks({ sources: 4, chunks: 8, rows: 40, keys: 300 });
    await fixture.register(chunks, 'inbox');
    await applyInGroups(inOrder(messagesOf(chunks, 'all')), 1000);
    const expected = await state();
    const others = await Promise.all(['aggregator-1', 'aggregator-2'].map((role) => fixture.connect(role)));
    let merged = 0;
    for (let round = 0; round < 2; round++) {
      const roll = dice(round + 1);
      await fixture.clear();
      await fixture.register(chunks, 'inbox');
      const once = shuffled(messagesOf(chunks, round % 2 ? 'none' : () => roll(2) === 0), roll);
      const again = inOrder([...once, ...shuffled(once, roll).slice(0, 60)]);
      let applying = true;
      const compacting = (async () => {
        while (applying) {
          const done = await compact({ batch_chunks: 1 + roll(6) });
          merged += done.reduce((sum, { chunks }) => sum + chunks, 0);
          await sleep(roll(20));
        }
      })();
      await Promise.all(
        others.map((db, half) =>
          applyInGroups(
            again.filter(({ partition }) => partition % 2 === half),
            1 + roll(5),
            db,
          ),
        ),
      );
      applying = false;
      await compacting;
      await compact();
      expect(await state()).toEqual(expected);
      expect(await count('chunks')).toBe(4);
    }
    expect(merged).toBeGreaterThan(10);
  });
});

describe('compaction of files', () => {
  const KIBIBYTE = 1024;
  const asked: { source: number; from: number; to: number; pieces: HashedBytes[] }[] = [];
  const rehash: CompactOptions['rehash'] = async (source, from, to, pieces) => {
    asked.push({ source, from, to, pieces });
    return hash('sha256', `${from} to ${to}`, 'buffer');
  };

  /** A watched file whose chunks are resolved, by their sizes; the last one is small. */
  async function watchedFile(sizes: number[], from = 0): Promise<void> {
    await fixture.db.query(
      `insert into millrace.sources (id, dataset, path, state, watch) values (1, 'sales', '/in/a.csv', 'live', 1) on conflict do nothing`,
    );
    const [{ at }] = await fixture.db.query<{ at: number }>(
      'select coalesce(max(byte_end), 100) as at from millrace.chunks',
    );
    const ends = sizes.map((_, index) => at + sizes.slice(0, index + 1).reduce((sum, size) => sum + size, 0));
    await fixture.db.query(
      `insert into millrace.chunks (source, chunk, fingerprint, byte_start, byte_end, first_record, records, content_hash, published_at)
       select 1, $1::int + at - 1, 'x', "end" - size, "end", $1 + at, 1, sha256(convert_to("end"::text, 'UTF8')), now()
       from unnest($2::bigint[], $3::bigint[]) with ordinality as c (size, "end", at)`,
      [from, sizes, ends],
    );
    await fixture.db.query(
      `insert into millrace.manifests (source, chunk, records, rejected, skipped, slots)
       select source, chunk, 1, 1, 0, '{}' from millrace.chunks on conflict do nothing`,
    );
  }

  beforeEach(() => {
    asked.length = 0;
  });

  it('asks for the merged hash of what was read, and leaves them alone without it', async () => {
    await watchedFile([1000, 2000, 3000, 10]);
    expect(await compact()).toEqual([]);
    expect(await compact({ rehash: async () => null })).toEqual([]);
    expect(await compact({ rehash })).toEqual([{ source: 1, dataset: 'sales', chunks: 3 }]);
    expect(asked).toMatchObject([
      {
        ...{ source: 1, from: 100, to: 6100 },
        pieces: [
          { byte_start: 100, byte_end: 1100, content_hash: hash('sha256', '1100', 'buffer') },
          { byte_start: 1100, byte_end: 3100 },
          { byte_start: 3100, byte_end: 6100 },
        ],
      },
    ]);
    expect(
      await fixture.db.query(
        'select byte_start, byte_end, first_record, last_record, rejected, content_hash from millrace.ranges',
      ),
    ).toEqual([
      {
        ...{ byte_start: 100, byte_end: 6100, first_record: 1, last_record: 3, rejected: 3 },
        content_hash: hash('sha256', '100 to 6100', 'buffer'),
      },
    ]);
  });

  it('reads a range again only for what makes it much larger', async () => {
    await watchedFile([60 * KIBIBYTE, 10]);
    await compact({ rehash });
    expect(asked).toEqual([]);
    await watchedFile([40 * KIBIBYTE, 10], 2);
    await compact({ rehash });
    expect(asked.map(({ pieces }) => pieces.length)).toEqual([3]);
    await watchedFile([20 * KIBIBYTE, 10], 4);
    await compact({ rehash });
    expect(await ranges()).toMatchObject([
      { from: 0, to: 2 },
      { from: 3, to: 4 },
    ]);
    await watchedFile([40 * KIBIBYTE, 10], 6);
    await compact({ rehash });
    expect(await ranges()).toMatchObject([{ from: 0, to: 6, records: 7 }]);
  });

  it('makes a range of each chunk of a settled file that cannot be read any more', async () => {
    await watchedFile([10, 20, 30, 10]);
    await fixture.db.query('update millrace.sources set settled = true');
    expect(await compact({ rehash: async () => null })).toMatchObject([{ chunks: 3 }]);
    expect(await fixture.db.query('select chunk_to as to, content_hash from millrace.ranges order by 1')).toEqual(
      [110, 130, 160].map((end, to) => ({ to, content_hash: hash('sha256', String(end), 'buffer') })),
    );
    await watchedFile([40, 10], 4);
    await compact({ rehash });
    expect(await ranges()).toMatchObject([{ from: 0, to: 4, records: 5 }]);
  });

  it('makes no range of more than 64 MiB', async () => {
    await watchedFile([...Array(70).fill(KIBIBYTE * KIBIBYTE), 10]);
    await compact({ rehash });
    expect(await ranges()).toMatchObject([
      { from: 0, to: 63 },
      { from: 64, to: 69 },
    ]);
  });

  it('keeps the last chunk that is no growth behind the end, and leaves a red file alone', async () => {
    await watchedFile([10, 10, 10, 10]);
    await fixture.db.query('update millrace.chunks set flags = $1 where chunk > 1', [CHUNK_FLAG.grown_after_seal]);
    await compact({ rehash });
    expect(await ranges()).toMatchObject([{ from: 0, to: 0 }]);
    await watchedFile([10, 10], 4);
    await fixture.db.query(`update millrace.sources set state = 'changed'`);
    expect(await compact({ rehash })).toEqual([]);
  });
});
