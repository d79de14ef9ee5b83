import { rmSync } from 'node:fs';
import { CONTRACT, identityOf, topicName } from '@millrace/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet } from '../harness/fleet.js';
import { buildNextRelease } from '../harness/next-release.js';
import { OrderStream, type Sent } from '../harness/order-stream.js';
import { readTopic } from '../harness/read-topic.js';
import type { ServiceName } from '../harness/service-process.js';
import type { Supervised } from '../harness/supervised.js';
import { until } from '../harness/until.js';

// The built services of this release beside those of the next one, which has one contract version more and lays batches out otherwise.
const VERSION_AT = 5;
const STAGES = ['cleaner', 'deduper', 'aggregator'] as const;

let fleet: Fleet;
let next: string;
let stream: OrderStream;
/** Who does each service's work now. */
const working = new Map<ServiceName, Supervised>();
const ingestors: Supervised[] = [];
let instances = 0;
const QUIET = { MILLRACE_LOG_LEVEL: 'info' };

beforeAll(async () => {
  next = buildNextRelease();
  fleet = await Fleet.start();
});

afterAll(async () => {
  stream?.abandon();
  await fleet?.stop();
  rmSync(next, { recursive: true, force: true });
});

type Release = 'this' | 'next';

function start(service: ServiceName, release: Release): Supervised {
  const instance = `${service}-${++instances}`;
  const started = fleet.supervise(service, instance, QUIET, release === 'next' ? next : undefined);
  if (service === 'ingestor') ingestors.push(started);
  return started;
}

/** The successor first, then SIGTERM to the predecessor: as a rolling update does it. */
async function replace(service: ServiceName, release: Release): Promise<Supervised> {
  const former = working.get(service) as Supervised;
  working.set(service, await start(service, release).ready());
  await former.stop();
  return former;
}

const applied = () => fleet.count('select count(*) from orders');

/** Until rows that come from now on get through. */
async function flows(): Promise<void> {
  const before = stream.sent.written;
  await until(async () => (await applied()) > before, 'rows get through');
}

/** Until nothing that was published before is under way: what docs/upgrades.md says to look for. */
async function workedOff(): Promise<void> {
  const [{ now }] = await fleet.database.query<{ now: string }>('select clock_timestamp()::text as now');
  const open = `select count(*) from millrace.chunk_outcomes where not resolved and published_at < '${now}'`;
  await until(async () => (await fleet.count(open)) === 0, 'what was published before is worked off');
}

type Versions = Record<'chunk' | 'made', Set<number>>;

/** Contract versions in which each chunk was published, and of what the stages made of it. */
async function versions(): Promise<Versions[]> {
  const found = new Map<string, Versions>();
  for (const layer of ['bronze', 'silver', 'screened', 'rejects'] as const) {
    for (const { value } of await readTopic(fleet.kafka, topicName(layer, 'orders'))) {
      const { source, chunk } = identityOf(value) as NonNullable<ReturnType<typeof identityOf>>;
      const key = `${source}:${chunk}`;
      const of = found.get(key) ?? { chunk: new Set(), made: new Set() };
      found.set(key, of);
      of[layer === 'bronze' ? 'chunk' : 'made'].add((value as Buffer)[VERSION_AT]);
    }
  }
  return [...found.values()];
}

async function expectExact({ rows_in, written, duplicates, rejected, total }: Sent): Promise<void> {
  await until(
    async () =>
      (await fleet.count('select coalesce(sum(written + duplicates + rejected), 0) as count from millrace.books')) >=
      rows_in,
  );
  const books = await fleet.database.query(
    `select sum(rows_in)::int as rows_in, sum(written)::int as written, sum(duplicates)::int as duplicates,
       sum(rejected)::int as rejected, bool_and(balanced) as balanced from millrace.books`,
  );
  expect(books).toEqual([{ rows_in, written, duplicates, rejected, balanced: true }]);
  const gold = 'select sum(orders)::int as orders, sum(total)::int as total from orders_by_region';
  expect(await fleet.database.query(gold)).toEqual([{ orders: written, total }]);
  expect(await fleet.count('select sum(amount) as count from orders')).toBe(total);
  expect(await fleet.count('select count(*) from millrace.set_aside')).toBe(0);
  const heals =
    'select (select coalesce(sum(heals), 0) from millrace.chunks) + (select coalesce(sum(heals), 0) from millrace.ranges) as count';
  expect(await fleet.count(heals)).toBe(0);
}

describe('two releases side by side', () => {
  it('give the exact result, whichever is replaced first, there and back again', async () => {
    for (const service of ['ingestor', ...STAGES] as const) working.set(service, start(service, 'this'));
    await Promise.all([...working.values()].map((service) => service.ready()));
    stream = new OrderStream(() => ingestors.map(({ process }) => process));
    await flows();

    // In the worst order. Each stage meets what it cannot read, and ends, again and again; its successor beside it takes that.
    await replace('ingestor', 'next');
    const former = STAGES.map((service) => working.get(service) as Supervised);
    await Promise.all(STAGES.map(async (service) => working.set(service, await start(service, 'next').ready())));
    await until(
      () => former.every(({ failures }) => failures.includes('CONTRACT_NEWER')),
      'each meets the newer version',
    );
    await flows();
    await Promise.all(former.map((service) => service.stop()));

    // Back again: first whoever chooses the version, then who reads it, once the newer is worked off; meanwhile there are both.
    const newer = working.get('ingestor') as Supervised;
    working.set('ingestor', await start('ingestor', 'this').ready());
    await flows();
    await newer.stop();
    await workedOff();
    const lives = await Promise.all(STAGES.map((service) => replace(service, 'this')));
    await flows();

    // In the documented order nobody meets what it cannot read.
    for (const service of STAGES.toReversed()) lives.push(await replace(service, 'next'));
    lives.push(await replace('ingestor', 'next'));
    await flows();
    expect(lives.flatMap(({ failures }) => failures)).not.toContain('CONTRACT_NEWER');

    await expectExact(await stream.stop());
    const found = await versions();
    expect(new Set(found.flatMap(({ chunk }) => [...chunk]))).toEqual(new Set([CONTRACT.newest, CONTRACT.newest + 1]));
    expect(found.filter(({ chunk, made }) => [...made].some((version) => !chunk.has(version)))).toEqual([]);
  }, 240_000);
});
