import { randomFillSync } from 'node:crypto';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type Chunk, encodeChunk, LIMITS, topicName } from '@millrace/contracts';
import {
  openRepublications,
  pauseDataset,
  type Republication,
  readIncidents,
  readPauses,
  readRepublication,
  requestRepublication,
  resumeDataset,
} from '@millrace/postgres';
import { createLogger, metrics } from '@millrace/telemetry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCheckpoints } from '../../apps/cli/src/checkpoints/read-checkpoints.js';
import { readPartitions } from '../../apps/cli/src/checkpoints/read-partitions.js';
import { checkBytes, planRepublication } from '../../apps/cli/src/checkpoints/republication-plan.js';
import { requireResumed } from '../../apps/cli/src/checkpoints/require-resumed.js';
import { LeaseHolder } from '../../apps/ingestor/src/files/lease-holder.js';
import { RepublishLoop } from '../../apps/ingestor/src/files/republish-loop.js';
import { ensureInboxSources } from '../../apps/ingestor/src/inbox/inbox-sources.js';
import { PauseWatch } from '../../apps/ingestor/src/pause-watch.js';
import { parquetFile } from '../../libs/formats/src/testing/parquet-file.js';
import { until } from '../harness/until.js';
import { InboxRig, type Published } from './inbox-rig.js';
import { rig, withIngestorRig } from './with-ingestor-rig.js';

const HEADER = 'id,name\n';
const brokers = process.env.KAFKA_BROKERS as string;
const log = createLogger({ service: 'ingestor', instance: 'test', level: 'silent' });

withIngestorRig('checkpoints');

/** Rows that differ and do not compress, about `size` bytes of them. */
function rows(size: number): string {
  const noise = randomFillSync(Buffer.alloc(100));
  let text = HEADER;
  for (let id = 1; text.length < size; id++) text += `${id},${noise.toString('hex')}\n`;
  return text;
}

async function sourceOf(name: string) {
  const { id: source, path, state } = await rig.source(name);
  return { source, dataset: rig.plan.name, kind: 'file' as const, path, state };
}

/** What bronze has of a source, in the order of its chunks: each message's bytes as often as they came. */
async function sent(source: number): Promise<Map<number, string[]>> {
  const own = (await rig.bronze()).filter((chunk) => chunk.source === source);
  const bytesOf = (chunk: Chunk) => encodeChunk(chunk).toString('latin1');
  const byNumber = Map.groupBy(own, ({ chunk }) => chunk);
  return new Map([...byNumber].sort(([a], [b]) => a - b).map(([chunk, same]) => [chunk, same.map(bytesOf)]));
}

/** How often each chunk came, every time with the same bytes. */
async function timesSent(source: number): Promise<number[]> {
  return [...(await sent(source)).values()].map((same) => {
    expect(new Set(same).size).toBe(1);
    return same.length;
  });
}

async function ended(id: number): Promise<Republication> {
  await until(async () => (await readRepublication(rig.db, id))?.finished_at !== null);
  return (await readRepublication(rig.db, id)) as Republication;
}

async function republished(source: number, from = 0): Promise<Republication> {
  const flow = rig.run();
  const done = await ended(await requestRepublication(rig.db, source, from));
  await flow.stop();
  return done;
}

/** A file of four chunks, all of them published and applied. */
async function bring(name = 'a.csv'): Promise<number> {
  rig.write(name, rows(3.5 * LIMITS.chunk_bytes));
  await rig.scan();
  return (await rig.source(name)).id;
}

const counted = async () =>
  (await metrics.republished.get()).values.find(({ labels }) => labels.dataset === rig.plan.name)?.value ?? 0;

describe('republish', () => {
  it('sends the same bytes under the same identities, and changes nothing else', async () => {
    const source = await bring();
    const before = { chunks: await rig.chunkRows(source), row: await rig.source('a.csv'), counted: await counted() };
    expect(await timesSent(source)).toEqual([1, 1, 1, 1]);
    expect(await republished(source)).toMatchObject({ chunks: 4, error: null });
    expect(await timesSent(source)).toEqual([2, 2, 2, 2]);
    expect(await republished(source, 2)).toMatchObject({ chunks: 2, error: null });
    expect(await timesSent(source)).toEqual([2, 2, 3, 3]);
    expect({ chunks: await rig.chunkRows(source), row: await rig.source('a.csv') }).toMatchObject({
      chunks: before.chunks,
      row: before.row,
    });
    expect((await counted()) - before.counted).toBe(6);
  });

  it('reads files of every format again, and so does the dry run', async () => {
    const people = Array.from({ length: 5000 }, (_, at) => ({ id: `k${at}`, name: `n${at}` }));
    const csv = `${HEADER}${people.map(({ id, name }) => `${id},${name}\n`).join('')}`;
    rig.write('a.csv.gz', gzipSync(csv));
    rig.write('b.csv', Buffer.from(`\ufeff${csv.replaceAll(',', ';')}`, 'utf16le'));
    rig.write('c.ndjson', people.map((person) => `${JSON.stringify(person)}\n`).join(''));
    const column = (name: 'id' | 'name') => ({
      name,
      data: people.map((person) => person[name]),
      type: 'STRING' as const,
    });
    rig.write('d.parquet', Buffer.from(parquetFile([column('id'), column('name')], { rowGroupSize: 2000 })));
    const plan = { ...rig.plan, pattern: '**/*' };
    const flow = rig.run({ plans: new Map([[plan.fingerprint, plan]]) });
    await rig.ended(await rig.request());
    for (const name of ['a.csv.gz', 'b.csv', 'c.ndjson', 'd.parquet']) {
      const source = await sourceOf(name);
      const planned = await planRepublication(rig.db, source, 0);
      expect(planned).toMatchObject({ records: 5000, applied: planned.chunks });
      expect(await checkBytes(rig.db, planned, brokers)).toEqual({ readable: planned.chunks, problem: null });
      const done = await ended(await requestRepublication(rig.db, source.source, 0));
      expect(done).toMatchObject({ chunks: planned.chunks, error: null });
      expect(await timesSent(source.source), name).toEqual(Array(planned.chunks).fill(2));
    }
    await flow.stop();
  });

  it('of a file that changed or vanished ends with what is there, and leaves its books as they are', async () => {
    const source = await bring();
    appendFileSync(rig.at('a.csv'), 'later,one\n');
    expect(await republished(source, 3)).toMatchObject({ chunks: 1, error: null });
    const bytes = await rig.chunkRows(source);
    const content = rows(3.5 * LIMITS.chunk_bytes);
    writeFileSync(rig.at('a.csv'), content.slice(0, bytes[2].byte_start), { flag: 'r+' });
    const before = await timesSent(source);
    const planned = await planRepublication(rig.db, await sourceOf('a.csv'), 0);
    const problem = { code: 'SOURCE_CHANGED', message: expect.stringContaining('recorded as chunk 0') };
    expect(await checkBytes(rig.db, planned, brokers)).toEqual({ readable: 0, problem });
    expect(await republished(source)).toMatchObject({ chunks: 0, error: { code: 'SOURCE_CHANGED' } });
    expect(await timesSent(source)).toEqual(before);
    // From where it is as it was.
    expect(await republished(source, 2)).toMatchObject({ chunks: 2, error: null });
    rmSync(rig.at('a.csv'));
    expect(await republished(source, 3)).toMatchObject({ chunks: 0, error: { code: 'SOURCE_VANISHED' } });
    expect(await checkBytes(rig.db, planned, brokers)).toMatchObject({ problem: { code: 'SOURCE_VANISHED' } });
    expect(await rig.source('a.csv')).toMatchObject({ state: 'cut', settled: true, error: null });
  });

  it('refuses where nothing is recorded, and ends where the source is unknown', async () => {
    await bring();
    const none = planRepublication(rig.db, await sourceOf('a.csv'), 4);
    await expect(none).rejects.toMatchObject({ code: 'REFUSED' });
    expect(await republished(999_999)).toMatchObject({ chunks: 0, error: { code: 'SOURCE_VANISHED' } });
  });

  it('killed in the middle goes on where it was; asked for twice at once, both are done', async () => {
    const source = await bring();
    const first = await requestRepublication(rig.db, source, 0);
    const { exit } = rig.spawn({ MILLRACE_FAULT: 'ingestor.after_republish:2', MILLRACE_INSTANCE: 'ingestor-1' });
    expect(await exit).toBe('SIGKILL');
    expect(await readRepublication(rig.db, first)).toMatchObject({ chunks: 2, next_chunk: 2, finished_at: null });
    const second = await requestRepublication(rig.db, source, 1);
    const flows = [rig.run({ owner: 'ingestor-1' }), rig.run()];
    expect(await ended(first)).toMatchObject({ chunks: 4, error: null });
    expect(await ended(second)).toMatchObject({ chunks: 3, error: null });
    for (const flow of flows) await flow.stop();
    expect(await openRepublications(rig.db, 10)).toEqual([]);
    // Once when it was brought; the last two again also by who was killed before that was written down.
    expect(await timesSent(source)).toEqual([2, 3, 4, 4]);
  });
});

describe('a paused dataset', () => {
  const watch = async () => {
    const pauses = new PauseWatch({ db: rig.db, log, datasets: () => [rig.plan.name] });
    await pauses.refresh();
    const ending = new AbortController();
    pauses.run(ending.signal).catch(() => {});
    return { pauses, stop: () => ending.abort() };
  };

  it('is cut and published no further by any ingestor, drains, and goes on where it stood', async () => {
    rig.stages.turn(false);
    for (const name of ['a.csv', 'b.csv', 'c.csv']) rig.write(name, rows(5 * LIMITS.chunk_bytes));
    const id = await rig.request();
    const one = await watch();
    const limits = { in_flight_bytes: 3 * LIMITS.chunk_bytes, quiet_ms: 300 };
    const flows = [rig.run({ ...one, limits }), rig.run({ ...one, limits })];
    const recorded = async () => {
      const [chunks] = await rig.db.query<{ recorded: number; published: number; resolved: number }>(
        `select count(*) as recorded, count(published_at) as published, count(*) filter (where resolved) as resolved
         from millrace.chunk_outcomes join millrace.sources on id = source where path like $1`,
        [`${rig.directory}/%`],
      );
      return chunks;
    };
    await until(async () => (await recorded()).published >= 3);
    expect(await pauseDataset(rig.db, rig.plan.name, 'a test')).toMatchObject({ is_news: true });
    expect(await pauseDataset(rig.db, rig.plan.name, null)).toMatchObject({ is_news: false, reason: 'a test' });
    await sleep(700);
    // There is room from now on, and nobody makes use of it.
    rig.stages.turn(true);
    const then = await recorded();
    await until(async () => (await recorded()).resolved === then.published);
    await sleep(700);
    expect(await recorded()).toEqual({ ...then, resolved: then.published });
    expect(then.published).toBeLessThan(15);
    await expect(requireResumed(rig.db, rig.plan.name)).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('a test'),
    });
    expect((await metrics.paused.get()).values).toContainEqual(
      expect.objectContaining({ labels: { dataset: rig.plan.name }, value: 1 }),
    );
    // A restart changes nothing.
    for (const flow of flows) await flow.stop();
    const again = rig.run({ ...one, limits });
    await sleep(700);
    expect((await recorded()).recorded).toBe(then.recorded);
    expect(await resumeDataset(rig.db, rig.plan.name)).toMatchObject({ reason: 'a test' });
    expect(await resumeDataset(rig.db, rig.plan.name)).toBeUndefined();
    expect(await readPauses(rig.db)).toEqual([]);
    await rig.ended(id);
    await again.stop();
    one.stop();
    expect(await rig.scanRow(id)).toMatchObject({ state: 'finished' });
    for (const { id: source } of await rig.sources()) {
      expect((await rig.chunkRows(source)).every(({ heals }) => heals === 0)).toBe(true);
      expect(new Set(await timesSent(source))).toEqual(new Set([1]));
    }
  });
});

describe('checkpoints show', () => {
  it('tells of each source and partition how far it is, with what is open first', async () => {
    const settled = await bring();
    rig.stages.turn(false);
    rig.write('open.csv', rows(2.5 * LIMITS.chunk_bytes));
    const id = await rig.request();
    const flow = rig.run({ limits: { quiet_ms: 60_000 } });
    await until(async () => (await rig.sources()).length === 2);
    const { id: open } = await rig.source('open.csv');
    await until(async () => (await rig.chunkRows(open)).filter(({ published_at }) => published_at).length === 3);
    await rig.db.query(
      `insert into millrace.manifests (source, chunk, records, rejected, skipped, slots) values ($1, 0, 1, 0, 0, '{}')`,
      [open],
    );
    await pauseDataset(rig.db, rig.plan.name, null);
    const [shown] = await readCheckpoints(rig.db, { dataset: rig.plan.name, limit: 1 });
    await resumeDataset(rig.db, rig.plan.name);
    const chunks = await rig.chunkRows(open);
    const [{ sources }] = await rig.db.query<{ sources: number }>('select count(*) as sources from millrace.sources');
    expect(shown).toMatchObject({ sources, open: 1, red: 0, paused: { reason: null }, incidents: { heals: 0 } });
    expect(shown.shown).toMatchObject([
      {
        ...{ source: open, recorded: 3, published: 3, resolved: 1, failed: 0, heals: 0, settled: false },
        ...{ first_unresolved: 1, cut_bytes: chunks[2].byte_end, waits_seconds: expect.any(Number) },
      },
    ]);
    const [one] = await readCheckpoints(rig.db, { dataset: rig.plan.name, source: settled, limit: 5 });
    expect(one.shown).toMatchObject([{ source: settled, recorded: 4, resolved: 4, first_unresolved: null }]);

    const bronze = topicName('bronze', rig.plan.name);
    const [{ partition, high }] = (await rig.kafka.lag('nobody', [bronze])).filter(({ lag }) => lag > 1);
    await rig.kafka.deleteRecords(bronze, [{ partition, offset: high - 1n }]);
    const partitions = await readPartitions(rig.db, rig.kafka, rig.plan.name);
    expect(partitions).toHaveLength(4 + 8 + 2 + 2 + 4);
    expect(partitions.find((log) => log.topic === bronze && log.partition === partition)).toMatchObject({
      ...{ stage: 'cleaner', committed: null, applied: null, low: high - 1n, high, lag: 1 },
    });
    rig.stages.turn(true);
    await rig.ended(id);
    await flow.stop();
  });
});

describe('the inbox', () => {
  let inbox: InboxRig;

  beforeEach(async () => {
    inbox = await InboxRig.start();
  });
  afterEach(() => inbox.close());

  const texts = async () => {
    const found: string[] = [];
    for (const { id } of await inbox.sources()) found.push(...(await inbox.rows(id)).map(([, , text]) => text));
    return found;
  };
  const send = (...values: string[]) => inbox.send(values.map((value) => ({ value })));
  const watchOf = () => new PauseWatch({ db: inbox.db, log, datasets: () => [inbox.plan.name] });

  it('of a paused dataset waits where it is, over a restart, and that is no stall', async () => {
    inbox.stages.turn(true);
    const pauses = watchOf();
    let current = await inbox.read({ pauses }, { MILLRACE_STALL_MS: 1000 });
    await send('a,1');
    await until(async () => (await inbox.recorded()) === 1);
    await pauseDataset(inbox.db, inbox.plan.name, null);
    await pauses.refresh();
    await send('b,2', 'c,3');
    await sleep(1600);
    expect([await inbox.recorded(), current.failures]).toEqual([1, []]);
    await current.stop();

    const next = watchOf();
    await next.refresh();
    current = await inbox.read({ pauses: next }, { MILLRACE_STALL_MS: 1000 });
    await send('d,4');
    await sleep(700);
    expect([await inbox.recorded(), current.failures]).toEqual([1, []]);
    await resumeDataset(inbox.db, inbox.plan.name);
    await next.refresh();
    await until(async () => (await inbox.recorded()) === 4);
    await until(async () => (await inbox.source(0)).settled);
    expect(await texts()).toEqual(['a,1', 'b,2', 'c,3', 'd,4']);
    expect((await inbox.chunks()).every(({ heals }) => heals === 0)).toBe(true);
  });

  it('keeps what was in hand when the pause came, in its order', async () => {
    await send('a,1', 'b,2', 'c,3');
    const flow = inbox.flow();
    const at = { topic: inbox.topic, partition: 0 };
    await flow.begin(at);
    const message = (offset: number, value: string) => ({
      ...{ ...at, offset: BigInt(offset), value: Buffer.from(value), headers: {}, timestamp_ms: Date.now() },
    });
    flow.pause(inbox.plan.name);
    expect(flow.isPaused(inbox.topic)).toBe(true);
    expect(await flow.apply([message(0, 'a,1'), message(1, 'b,2')])).toEqual({ cut: 0, repeated: 0 });
    expect(await inbox.recorded()).toBe(0);
    const resumed = flow.resume(inbox.plan.name);
    await flow.apply([message(2, 'c,3')]);
    await resumed;
    expect(await inbox.recorded()).toBe(3);
    expect(await inbox.source(0)).toMatchObject({ error: null });
    // Begun anew meanwhile, it is read again from Kafka: nothing that was kept comes twice.
    flow.pause(inbox.plan.name);
    await flow.apply([message(3, 'd,4')]);
    expect(await flow.begin(at)).toBeLessThanOrEqual(3n);
    await flow.resume(inbox.plan.name);
    expect(await inbox.recorded()).toBe(3);
  });

  it('tells exactly how many messages it lost, each once, and that a deleted topic took what was not read', async () => {
    inbox.stages.turn(true);
    await ensureInboxSources(inbox.db, inbox.kafka, inbox.plan.name);
    const lose = async (rows: number, below: bigint, left: number) => {
      await send(...Array.from({ length: rows }, (_, row) => `${below}-${row},x`));
      await inbox.kafka.deleteRecords(inbox.topic, [{ partition: 0, offset: below }]);
      const recorded = (await inbox.recorded()) + left;
      const reader = await inbox.read();
      await until(async () => (await inbox.recorded()) === recorded);
      await until(async () => (await inbox.source(0)).settled);
      await reader.stop();
    };
    await lose(10, 4n, 6);
    expect(await inbox.source(0)).toMatchObject({ error: { code: 'INBOX_LOST', lost_offsets: 4, from: '0', to: '4' } });
    await lose(5, 13n, 2);
    const told = { code: 'INBOX_LOST', lost_offsets: 7, from: '10', to: '13' };
    expect(await inbox.source(0)).toMatchObject({ error: told, next_record: 15 * 2 ** 20 });
    const none = { dataset: inbox.plan.name, heals: 0 };
    expect(await readIncidents(inbox.db)).toEqual([{ ...none, lost_offsets: 7, replaced_partitions: 0 }]);

    await inbox.recreate();
    await lose(1, 0n, 1);
    expect(await readIncidents(inbox.db)).toEqual([{ ...none, lost_offsets: 7, replaced_partitions: 4 }]);
    const [former] = await inbox.sources();
    expect(former.error?.message).toContain('what it held from offset 15 on');
  });

  it('is published again as far as it still has the messages', async () => {
    inbox.stages.turn(true);
    const { db, kafka, publisher, plan } = inbox;
    const reader = await inbox.read();
    for (const [at, value] of ['a,1', 'b,2', 'c,3', 'd,4'].entries()) {
      await send(value, `${value} more`);
      await until(async () => (await inbox.recorded()) === 2 * (at + 1));
    }
    await until(async () => (await inbox.source(0)).settled);
    const { id: source } = await inbox.source(0);
    const chunks = await inbox.chunks(source);
    expect(chunks.length).toBeGreaterThan(3);
    const before = await inbox.bronze();
    const plans = new Map([[plan.fingerprint, plan]]);
    const leases = new LeaseHolder(db, 'test');
    const ending = new AbortController();
    const loop = new RepublishLoop({ db, kafka, publisher, log, leases, plans }).run(ending.signal).catch(() => {});
    const again = async () => {
      const id = await requestRepublication(db, source, 1);
      await until(async () => (await readRepublication(db, id))?.finished_at !== null);
      return readRepublication(db, id);
    };
    expect(await again()).toMatchObject({ chunks: chunks.length - 1, error: null });
    const valuesOf = (published: Published[], from: number) =>
      published
        .filter((chunk) => chunk.source === source && chunk.chunk >= from)
        .map(({ value }) => value.toString('latin1'))
        .sort();
    const twice = valuesOf(before, 1).flatMap((value) => [value, value]);
    expect(valuesOf(await inbox.bronze(), 1)).toEqual(twice);

    // The second chunk's messages go.
    const offset = BigInt(chunks[1].byte_end / 2 ** 20);
    await kafka.deleteRecords(inbox.topic, [{ partition: 0, offset }]);
    const planned = await planRepublication(db, { ...(await sourceRow(source)), kind: 'inbox' }, 1);
    const problem = { code: 'INBOX_LOST', message: expect.stringContaining('from chunk 1 on') };
    expect(await checkBytes(db, planned, brokers)).toEqual({ readable: chunks.length - 2, problem });
    const error = { code: 'INBOX_LOST', lost_chunks: 1, first_lost: 1 };
    expect(await again()).toMatchObject({ chunks: chunks.length - 2, error });
    ending.abort();
    await loop;
    expect([reader.failures, await inbox.source(0)]).toMatchObject([[], { error: null, settled: true }]);
  });

  const sourceRow = async (source: number) => {
    const [row] = await inbox.db.query<{ dataset: string; path: string; state: string }>(
      'select dataset, path, state from millrace.sources where id = $1',
      [source],
    );
    return { source, ...row };
  };
});
