import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '@millrace/contracts';
import { type ApplyMessage, books, createApplier, resolvedChunks, type SetAsideMessage } from '@millrace/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dice, dirtyChunks, shuffled } from './apply-chunks.js';
import { ApplyFixture, inOrder, messagesOf } from './apply-fixture.js';
import { type BatchSpec, batchOf, type SalesRow, sales } from './sales-batches.js';

let fixture: ApplyFixture;

beforeAll(async () => {
  fixture = await ApplyFixture.create();
});
beforeEach(() => fixture.clear());
afterAll(() => fixture.drop());

async function applyAll(messages: ApplyMessage[], size: (index: number) => number): Promise<void> {
  const applier = fixture.applier();
  const ordered = inOrder(messages);
  for (let at = 0, index = 0; at < ordered.length; index++) {
    const count = size(index);
    await applier.apply(ordered.slice(at, at + count));
    at += count;
  }
}

async function stateAfter(messages: ApplyMessage[], size: (index: number) => number): Promise<unknown> {
  await fixture.clear();
  await fixture.register(dirtyChunks());
  await applyAll(messages, size);
  return fixture.state();
}

describe('the state that batches leave', () => {
  it('is that of the lowest position of every key, and its gold', async () => {
    const chunks = dirtyChunks();
    await stateAfter(messagesOf(chunks, 'all'), () => 5);
    const winners = new Map<string, { source: number; record: number }>();
    let rows = 0;
    for (const [key, chunk] of chunks) {
      for (const { order_id, record } of chunk) {
        rows++;
        if (!winners.has(order_id)) winners.set(order_id, { source: Number(key.split('/')[0]), record });
      }
    }
    const found = await fixture.db.query<{ order_id: string; source: number; record: number }>(
      'select order_id, _source as source, _record as record from sales',
    );
    expect(new Map(found.map(({ order_id, ...position }) => [order_id, position]))).toEqual(winners);
    const [{ count }] = await fixture.db.query<{ count: number }>('select count(*) from millrace.duplicates_named');
    expect(count).toBe(rows - winners.size);
    expect(
      await fixture.db.query(
        `(select sale_month, region, category, count(*) as orders, sum(quantity)::numeric, sum(revenue) from sales group by 1, 2, 3)
         except select sale_month, region, category, orders, quantity, revenue from sales_by_month_region_category`,
      ),
    ).toEqual([]);
    const all = await books(fixture.db, 'sales');
    expect(all.map(({ balanced, complete }) => ({ balanced, complete }))).toEqual(
      Array(3).fill({ balanced: true, complete: true }),
    );
  });

  it('does not depend on the order of batches, on transactions, on hints or on repetition', async () => {
    const chunks = dirtyChunks();
    const expected = await stateAfter(messagesOf(chunks, 'all'), () => 1);
    const roll = dice(99);
    const hints: BatchSpec['suspects'][] = ['all', 'none', () => roll(2) === 0, () => roll(20) === 0];
    for (let round = 0; round < 8; round++) {
      const messages = shuffled(messagesOf(chunks, hints[round % hints.length]), roll);
      const repeated = round % 2 ? messages : shuffled([...messages, ...messages.slice(0, 40)], roll);
      expect(await stateAfter(repeated, () => 1 + roll(12))).toEqual(expected);
    }
    expect(await stateAfter(messagesOf(chunks, 'none').reverse(), () => 1000)).toEqual(expected);
  });
});

const order = (record: number, more: Partial<SalesRow> = {}): SalesRow => ({ order_id: 'A-1', record, ...more });

describe('a lower position that comes later', () => {
  it('replaces the row, which becomes a duplicate, and takes its contribution back from gold', async () => {
    const applier = fixture.applier();
    const late = batchOf({
      source: 2,
      chunk: 0,
      offset: 0,
      suspects: 'none',
      rows: [order(5, { region: 'south', revenue: '70.00' })],
    });
    const early = batchOf({ source: 1, chunk: 0, offset: 1, suspects: 'all', rows: [order(9, { revenue: '30.00' })] });
    await applier.apply([late]);
    expect(await applier.apply([early])).toMatchObject({ written: 1, duplicates: 0, replaced: 1, false_suspects: 0 });
    expect(await fixture.db.query('select region, revenue, _source, _record from sales')).toEqual([
      { region: 'north', revenue: '30.00', _source: 1, _record: 9 },
    ]);
    expect(
      await fixture.db.query('select source, record, key, winner_source, winner_record from millrace.duplicates_named'),
    ).toEqual([{ source: 2, record: 5, key: 'A-1', winner_source: 1, winner_record: 9 }]);
    expect(await fixture.db.query('select region, orders, revenue from sales_daily')).toEqual([
      { region: 'north', orders: 1, revenue: '30.00' },
    ]);
    expect(await fixture.db.query('select source, written, duplicates from millrace.ledger order by source')).toEqual([
      { source: 1, written: 1, duplicates: 0 },
      { source: 2, written: 0, duplicates: 1 },
    ]);
  });

  it('finds the batch of the old row among sub-parts of its chunk', async () => {
    const applier = fixture.applier();
    const rows = (record: number) => [order(record, { order_id: 'A-1' })];
    const part = batchOf({ source: 1, chunk: 0, offset: 0, rows: rows(1) }).partition;
    const filler = (record: number) => ({ order_id: `filler ${record}`, record });
    await applier.apply([
      batchOf({ source: 3, chunk: 0, part, sub: 0, offset: 0, rows: [filler(1), filler(4)] }),
      batchOf({ source: 3, chunk: 0, part, sub: 1, offset: 1, rows: [filler(6), ...rows(8), filler(9)] }),
      batchOf({ source: 3, chunk: 0, part, sub: 2, offset: 2, rows: [filler(10), filler(11)] }),
    ]);
    await applier.apply([batchOf({ source: 1, chunk: 0, offset: 3, rows: rows(1) })]);
    const ledger = await fixture.db.query(
      'select slot / 8 as sub, written, duplicates from millrace.ledger where source = 3 order by 1',
    );
    expect(ledger).toEqual([
      { sub: 0, written: 2, duplicates: 0 },
      { sub: 1, written: 2, duplicates: 1 },
      { sub: 2, written: 2, duplicates: 0 },
    ]);
  });

  it('is refused when no batch in the ledger wrote the row that it replaces', async () => {
    const applier = fixture.applier();
    await applier.apply([batchOf({ source: 2, chunk: 0, offset: 0, rows: [order(1)] })]);
    await fixture.db.query('delete from millrace.ledger');
    await expect(applier.apply([batchOf({ source: 1, chunk: 0, offset: 1, rows: [order(1)] })])).rejects.toThrow(
      /no batch in millrace.ledger/,
    );
    expect(await fixture.db.query('select _source from sales')).toEqual([{ _source: 2 }]);
  });
});

describe('hints', () => {
  it('that call a known key new cost the direct path only', async () => {
    const applier = fixture.applier();
    await applier.apply([batchOf({ source: 1, chunk: 0, offset: 0, rows: [order(1)], suspects: 'none' })]);
    const counts = await applier.apply([
      batchOf({ source: 2, chunk: 0, offset: 1, rows: [order(1)], suspects: 'none' }),
    ]);
    expect(counts).toMatchObject({ rows: 1, written: 0, duplicates: 1, direct_conflicts: 1 });
    const next = await applier.apply([batchOf({ source: 2, chunk: 1, offset: 2, rows: [order(2)], suspects: 'none' })]);
    expect(next).toMatchObject({ duplicates: 1, direct_conflicts: 0, suspects: 1 });
  });
});

describe('a row that PostgreSQL cannot hold', () => {
  it('becomes a reject with its SQLSTATE, and the next with its key moves up', async () => {
    const rows = [
      { order_id: 'other', record: 1 },
      order(2, { unit_price: '123456789012345678.0000' }),
      order(3, { revenue: '5.00' }),
    ];
    const part = batchOf({ source: 1, chunk: 0, offset: 0, rows: [order(1)] }).partition;
    const told: unknown[] = [];
    const counts = await fixture
      .applier({ outcomes: (outcomes) => void told.push(outcomes) })
      .apply([batchOf({ source: 1, chunk: 0, part, offset: 0, rows, suspects: 'none' })]);
    expect(counts).toMatchObject({ rows: 3, written: 2, rejected: 1, duplicates: 0 });
    const outcomes = { dataset: sales.name, written: 2, duplicates: 0, rejected: 1, replaced: 0 };
    expect(told).toEqual([{ ...outcomes, codes: new Map([['not_storable', 1]]) }]);
    expect(
      await fixture.db.query('select source, record, code, left(value, 5) as state from millrace.rejects'),
    ).toEqual([{ source: 1, record: 2, code: 'not_storable', state: '22003' }]);
    expect(await fixture.db.query('select _record from sales order by 1')).toEqual([{ _record: 1 }, { _record: 3 }]);
    expect(await fixture.db.query('select rows, written, rejected from millrace.ledger')).toEqual([
      { rows: 3, written: 2, rejected: 1 },
    ]);
  });
});

describe('several appliers', () => {
  it('on different partitions with the same gold groups give the sum of their work', async () => {
    const chunks = dirtyChunks();
    await fixture.register(chunks);
    const ordered = inOrder(messagesOf(chunks, 'none'));
    const other = await fixture.connect('aggregator-2');
    const halves = [0, 1].map((half) => ordered.filter(({ partition }) => partition % 2 === half));
    await Promise.all(
      [fixture.applier(), createApplier(other)].map(async (applier, half) => {
        for (let at = 0; at < halves[half].length; at += 3) await applier.apply(halves[half].slice(at, at + 3));
      }),
    );
    const state = await fixture.state();
    expect(state).toEqual(await stateAfter(messagesOf(chunks, 'all'), () => 1000));
  });

  it('apply a batch once when both have it at the same time', async () => {
    const other = await fixture.connect('aggregator-2');
    const batch = batchOf({ source: 1, chunk: 0, offset: 0, rows: [order(1)] });
    const results = await Promise.all([fixture.applier().apply([batch]), createApplier(other).apply([batch])]);
    expect(results.map(({ rows }) => rows).sort()).toEqual([0, 1]);
    expect(await fixture.db.query('select orders from sales_daily')).toEqual([{ orders: 1 }]);
  });

  /** Takes the offset row's lock in an open transaction and then does nothing more, as a stopped process would. */
  async function holdOffset(role: string): Promise<() => void> {
    const holder = await fixture.connect(role);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await new Promise<void>((locked) => {
      holder
        .transaction(async (tx) => {
          await tx.query('select from millrace.offsets for update');
          locked();
          await held;
        })
        .catch(() => {});
    });
    return release;
  }

  it('end the session of an owner that was stopped in mid-transaction', async () => {
    const ended: string[] = [];
    const applier = fixture.applier({ ownerEnded: ({ application_name }) => ended.push(application_name) });
    await applier.apply([batchOf({ source: 1, chunk: 0, offset: 0, rows: [order(1)] })]);
    const release = await holdOffset('aggregator-stopped');
    const counts = await applier.apply([batchOf({ source: 1, chunk: 1, offset: 1, rows: [order(2)] })]);
    release();
    expect(counts.duplicates).toBe(1);
    expect(ended).toEqual(['millrace aggregator-stopped']);
  });

  it("wait for a stranger's session, and run again when their own is ended", async () => {
    const ended: string[] = [];
    const errors: unknown[] = [];
    const applier = fixture.applier({
      ownerEnded: ({ application_name }) => ended.push(application_name),
      retrying: (error) => errors.push(error),
    });
    await applier.apply([batchOf({ source: 1, chunk: 0, offset: 0, rows: [order(1)] })]);
    const release = await holdOffset('backup');
    const applying = applier.apply([batchOf({ source: 1, chunk: 1, offset: 1, rows: [order(2)] })]);
    await sleep(4_000);
    await fixture.db.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and application_name = 'millrace aggregator-1'`,
    );
    await sleep(200);
    release();
    expect((await applying).duplicates).toBe(1);
    expect(ended).toEqual([]);
    expect(errors).toHaveLength(1);
  });
});

const nextOffsets = () => fixture.db.query('select topic, next_offset from millrace.offsets order by topic');

describe('offsets', () => {
  it('of a topic made anew start again, and what the ledger has is not applied twice', async () => {
    const recreated: bigint[] = [];
    const applier = fixture.applier({ recreated: ({ next_offset }) => recreated.push(next_offset) });
    const batch = (chunk: number, offset: number) => batchOf({ source: 1, chunk, offset, rows: [order(chunk + 1)] });
    await applier.apply([batch(0, 100), batch(1, 101)]);
    expect(await nextOffsets()).toEqual([{ topic: 'screened.sales', next_offset: 102 }]);
    const counts = await applier.apply([batch(1, 0), batch(2, 1)]);
    expect(counts).toMatchObject({ rows: 1, redelivered: 1 });
    expect(await nextOffsets()).toEqual([{ topic: 'screened.sales', next_offset: 2 }]);
    expect(recreated).toEqual([2n]);
  });

  it('stay where they are when messages are delivered again', async () => {
    const applier = fixture.applier();
    const batches = [0, 1, 2].map((chunk) => batchOf({ source: 1, chunk, offset: chunk, rows: [order(chunk + 1)] }));
    await applier.apply(batches);
    expect(await applier.apply(batches.slice(0, 2))).toMatchObject({ rows: 0, redelivered: 2 });
    expect(await nextOffsets()).toEqual([{ topic: 'screened.sales', next_offset: 3 }]);
  });

  it('that leave a gap are refused with the expected one, unless this process began to read there', async () => {
    const batch = (chunk: number, offset: number) => batchOf({ source: 1, chunk, offset, rows: [order(chunk + 1)] });
    await fixture.applier().apply([batch(0, 4)]);
    const { partition } = batch(0, 4);
    const error = await fixture
      .applier()
      .apply([batch(1, 9)])
      .catch((error) => error);
    expect(error).toBeInstanceOf(MillraceError);
    expect(error).toMatchObject({ code: 'OFFSET_FENCED', place: { topic: 'screened.sales', partition, offset: '5' } });

    const gaps: unknown[] = [];
    const applier = fixture.applier({ gap: (gap) => gaps.push(gap) });
    expect(await applier.nextOffset('screened.sales', partition)).toBe(5n);
    await applier.apply([batch(1, 9)]);
    expect(gaps).toEqual([{ topic: 'screened.sales', partition, from: 5n, to: 9n }]);
    expect(await applier.nextOffset('screened.sales', partition)).toBe(10n);
  });
});

function setAside(stage: string, offset: number, slot: number | null): SetAsideMessage {
  const identity = { source: 1, chunk: 0, slot };
  return {
    kind: 'set_aside',
    topic: 'rejects.sales',
    partition: 1,
    offset: BigInt(offset),
    dataset: 'sales',
    rows: 1,
    set_aside: {
      ...identity,
      stage,
      topic: 'silver.sales',
      partition: 0,
      offset: '7',
      code: 'STEP_THREW',
      reason: 'x\0y',
      size_bytes: 3,
    },
  };
}

describe('a message that was set aside', () => {
  const failedRows = () => fixture.db.query('select rows, written, failed from millrace.ledger');

  it('marks its slot failed once, until a good copy of the batch comes', async () => {
    const applier = fixture.applier();
    const batch = batchOf({ source: 1, chunk: 0, offset: 0, rows: [order(1), order(2, { order_id: 'A-1' })] });
    await applier.apply([setAside('deduper', 0, batch.batch.slot)]);
    await applier.apply([setAside('deduper', 1, batch.batch.slot)]);
    expect(await failedRows()).toEqual([{ rows: 1, written: 0, failed: 1 }]);
    await applier.apply([batch]);
    expect(await failedRows()).toEqual([{ rows: 2, written: 1, failed: 0 }]);
    await applier.apply([
      {
        ...setAside('deduper', 2, batch.batch.slot),
        set_aside: { ...setAside('deduper', 2, batch.batch.slot).set_aside, offset: '8' },
      },
    ]);
    expect(await failedRows()).toEqual([{ rows: 2, written: 1, failed: 0 }]);
    expect(await fixture.db.query('select count(*) from millrace.set_aside')).toEqual([{ count: 2 }]);
  });

  it('at the place of another one, in a topic made anew, is kept beside it and marks its own chunk', async () => {
    const applier = fixture.applier();
    const first = setAside('deduper', 0, 0);
    const second = { ...setAside('deduper', 1, 0), set_aside: { ...first.set_aside, chunk: 1 } };
    const garbage = { ...first.set_aside, source: null, chunk: null, slot: null, code: 'MESSAGE_GARBAGE' as const };
    await applier.apply([first]);
    await applier.apply([second]);
    for (const offset of [2, 3]) await applier.apply([{ ...setAside('deduper', offset, null), set_aside: garbage }]);
    expect(await fixture.db.query('select chunk, code from millrace.set_aside order by id')).toEqual([
      { chunk: 0, code: 'STEP_THREW' },
      { chunk: 1, code: 'STEP_THREW' },
      { chunk: null, code: 'MESSAGE_GARBAGE' },
    ]);
    expect(await fixture.db.query('select chunk from millrace.ledger where failed > 0 order by 1')).toEqual([
      { chunk: 0 },
      { chunk: 1 },
    ]);
  });

  it('by the cleaner resolves its chunk and turns the books red', async () => {
    await fixture.register(new Map([['1/0', [order(1)]]]));
    expect(await resolvedChunks(fixture.db, [{ source: 1, chunk: 0 }])).toEqual([]);
    await fixture.applier().apply([setAside('cleaner', 0, null)]);
    expect(await resolvedChunks(fixture.db, [{ source: 1, chunk: 0 }])).toEqual([{ source: 1, chunk: 0 }]);
    expect(await books(fixture.db)).toMatchObject([{ rows_in: 1, failed: 1, balanced: false, complete: true }]);
  });
});

describe('a manifest', () => {
  it('brings its rejects once and resolves its chunk when all its slots are there', async () => {
    await fixture.register(new Map([['1/0', [order(1), order(2)]]]));
    const batch = batchOf({ source: 1, chunk: 0, offset: 0, rows: [order(1)] });
    const [, manifest] = messagesOf(new Map([['1/0', [order(1)]]]), 'all');
    if (manifest.kind !== 'manifest') throw new TypeError('a manifest was meant');
    manifest.manifest.rejects = [
      { record: 2, column: 'quantity', code: 'not_integer', value: 'many', raw: Buffer.from('a,b').toString('base64') },
    ];
    const told: unknown[] = [];
    const applier = fixture.applier({ outcomes: (outcomes) => void told.push(outcomes) });
    await applier.apply([manifest]);
    await applier.apply([{ ...manifest, offset: 1n }]);
    const outcomes = { dataset: sales.name, written: 0, duplicates: 0, rejected: 1, replaced: 0 };
    expect(told).toEqual([{ ...outcomes, codes: new Map([['not_integer', 1]]) }]);
    expect(await resolvedChunks(fixture.db, [{ source: 1, chunk: 0 }])).toEqual([]);
    await fixture.applier().apply([batch]);
    expect(await resolvedChunks(fixture.db, [{ source: 1, chunk: 0 }])).toHaveLength(1);
    expect(await fixture.db.query('select record, "column", code, value, raw from millrace.rejects')).toEqual([
      { record: 2, column: 'quantity', code: 'not_integer', value: 'many', raw: Buffer.from('a,b') },
    ]);
    expect(await books(fixture.db, sales.name)).toMatchObject([
      { rows_in: 2, written: 1, rejected: 1, balanced: true, complete: true },
    ]);
  });
});
