import { randomBytes } from 'node:crypto';
import { topicsOf } from '@millrace/contracts';
import { connectKafka, type KafkaClient } from '@millrace/kafka';
import { type BookRow, books, createApplier } from '@millrace/postgres';
import { metrics } from '@millrace/telemetry';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BOOKS_LIMITS, MeasureBooks } from '../../apps/ingestor/src/storage/measure-books.js';
import { StorageWatch } from '../../apps/ingestor/src/storage/storage-watch.js';
import { AUDIT } from '../../libs/postgres/src/storage/audit-chunks.js';
import { boundedQuery } from '../../libs/postgres/src/storage/bounded.js';
import { until } from '../harness/until.js';
import { dirtyChunks } from './apply-chunks.js';
import { ApplyFixture, inOrder, messagesOf } from './apply-fixture.js';
import { sales } from './sales-batches.js';

/** A dataset of its own as far as Kafka goes: the suite's other topics are not ours to measure. */
const plan = { ...sales, name: `storage_${randomBytes(4).toString('hex')}` };
const topics = topicsOf(plan.name, plan.parts);

let fixture: ApplyFixture;
let kafka: KafkaClient;
const watches: StorageWatch[] = [];
const logged: { what?: string; reason?: string; message: string }[] = [];

beforeAll(async () => {
  fixture = await ApplyFixture.create();
  kafka = await connectKafka({ brokers: process.env.KAFKA_BROKERS!.split(','), clientId: 'storage-test' });
  await kafka.ensureTopics(topics);
  const publisher = await kafka.producer();
  await publisher.publish([{ topic: topics[1].topic, partition: 3, key: 'k', value: randomBytes(100_000) }]);
  await publisher.close();
});
beforeEach(() => fixture.clear());
afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.close();
  logged.length = 0;
});
afterAll(async () => {
  await kafka.deleteTopics(topics.map(({ topic }) => topic));
  await kafka.close();
  await fixture.drop();
});

function watch({
  ttl_ms = 60_000,
  from = kafka,
}: {
  ttl_ms?: number;
  from?: Pick<KafkaClient, 'topicSizes'>;
} = {}): void {
  const log = (fields: object, message: string) => logged.push({ ...fields, message });
  watches.push(
    new StorageWatch({
      ...{
        db: fixture.db,
        database_url: fixture.url,
        kafka: from as KafkaClient,
        plans: new Map([[plan.fingerprint, plan]]),
      },
      ...{ owner: 'ingestor-1', log: { info: log, warn: log } as never },
      interval_ms: 100,
      limits: { piece_ms: 20, renew_ms: 50, ttl_ms },
    }),
  );
}

/** All series of a metric that have values now, by their labels. */
async function series(name: string): Promise<Record<string, number>> {
  const metric = await metrics.registry.getSingleMetric(name)!.get();
  return Object.fromEntries(metric.values.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
}

const STORAGE = [
  'table_bytes',
  'topic_bytes',
  'database_bytes',
  'wal_bytes_total',
  'books_sources',
  'unresolved_chunks',
];
const told = async () => {
  const all = await Promise.all(STORAGE.map(async (name) => [name, await series(`millrace_${name}`)] as const));
  return all.filter(([, values]) => Object.keys(values).length > 0).map(([name]) => name);
};

/** What the view says, which sums over everything. */
function stateOf({ balanced, complete, state, failed }: BookRow): string {
  if (['changed', 'vanished', 'failed'].includes(state) || failed > 0) return 'unbalanced';
  if (!complete) return 'open';
  return balanced ? 'balanced' : 'unbalanced';
}

async function expectAsTheView(): Promise<void> {
  const states = { 'sales open': 0, 'sales balanced': 0, 'sales unbalanced': 0 };
  for (const row of await books(fixture.db)) states[`sales ${stateOf(row)}` as keyof typeof states]++;
  const [{ count }] = await fixture.db.query<{ count: number }>(
    'select count(*) from millrace.chunk_outcomes where not resolved',
  );
  expect(await series('millrace_books_sources')).toEqual(states);
  expect(await series('millrace_unresolved_chunks')).toEqual({ sales: count });
}

describe('books as metrics', () => {
  it('say what the view says, while chunks are applied, set aside and damaged, looked at in small pieces', async () => {
    const { db } = fixture;
    const own = await fixture.connect('ingestor-2 storage');
    const measure = new MeasureBooks(own, { ...BOOKS_LIMITS, chunks: 2, sources: 2, list: 2, again: 10 });
    const turn = async () => {
      while (!(await measure.turn()));
      measure.tell(['sales']);
    };
    const chunks = dirtyChunks({ sources: 5, chunks: 5, rows: 20 });
    await fixture.register(chunks);
    await db.query(`update millrace.sources set state = 'registered' where id = 5`);
    await turn();
    await expectAsTheView();

    const messages = inOrder(messagesOf(chunks, 'all'));
    const applier = createApplier(db);
    await applier.apply(messages.slice(0, 60));
    await turn();
    await expectAsTheView();
    expect((await series('millrace_unresolved_chunks')).sales).toBeGreaterThan(0);
    await applier.apply(messages.slice(60));
    await turn();
    await expectAsTheView();
    expect(await series('millrace_books_sources')).toEqual({
      'sales open': 1,
      'sales balanced': 4,
      'sales unbalanced': 0,
    });

    // A finished one is damaged, one vanished, one has a chunk that failed.
    await db.query('update millrace.sources set settled = true where id = 2');
    await turn();
    await db.query('update millrace.manifests set rejected = rejected + 1 where source = 2 and chunk = 1');
    await db.query(`update millrace.sources set state = 'vanished' where id = 3`);
    await db.query(
      'update millrace.ledger set written = 0, duplicates = 0, failed = rows where source = 4 and chunk = 2',
    );
    await turn();
    await expectAsTheView();
    expect((await series('millrace_books_sources'))['sales unbalanced']).toBe(3);
    const [{ at }] = await db.query<{ at: number }>(
      'select extract(epoch from max(published_at))::float8 as at from millrace.chunks',
    );
    expect(await series('millrace_source_last_data_timestamp_seconds')).toEqual({ 'sales file': at });

    // A dataset that was replaced.
    await fixture.clear();
    await turn();
    await expectAsTheView();
    measure.forget();
    expect(await told()).toEqual([]);
  });
});

describe('sizes as metrics', () => {
  it('are those of tables with their indexes, topics, the database, and the write-ahead log that grows', async () => {
    const chunks = dirtyChunks({ sources: 1, chunks: 1 });
    await fixture.register(chunks);
    watch();
    await until(async () => (await told()).length === STORAGE.length);
    const before = (await series('millrace_wal_bytes_total'))[''];
    await createApplier(fixture.db).apply(inOrder(messagesOf(chunks, 'all')));
    await until(async () => (await series('millrace_wal_bytes_total'))[''] > before);
    const [{ size }] = await fixture.db.query<{ size: number }>(`select pg_total_relation_size('sales') as size`);
    await until(async () => (await series('millrace_table_bytes'))[`${plan.name} sales`] === size);
    const tables = await series('millrace_table_bytes');
    expect(tables).toMatchObject({
      [`${plan.name} sales_daily`]: expect.any(Number),
      ' millrace.ledger': expect.any(Number),
    });
    expect(Object.keys(tables).filter((table) => !/^ millrace\.|^storage_\w+ sales/.test(table))).toEqual([]);
    const sizes = await series('millrace_topic_bytes');
    expect(Object.keys(sizes).sort()).toEqual(topics.map(({ topic }) => topic).sort());
    expect(sizes[topics[1].topic]).toBeGreaterThan(100_000);
    expect(sizes[topics[1].topic]).toBeLessThan(110_000);
    expect((await series('millrace_database_bytes'))['']).toBeGreaterThan(size);
  });

  it('are absent and told once where one cannot be had, and the others stay', async () => {
    watch();
    await until(async () => (await told()).length === STORAGE.length);
    await fixture.db.transaction(async (tx) => {
      await tx.query('lock table sales in access exclusive mode');
      await until(async () => !(await told()).includes('table_bytes'));
      await until(async () => (await series('millrace_wal_bytes_total'))[''] > 0);
      expect(await told()).toEqual(STORAGE.slice(1));
    });
    await until(async () => (await told()).length === STORAGE.length);
    const about = logged.filter(({ what }) => what).map(({ what, message }) => `${what}: ${message}`);
    expect(about).toEqual([
      'table sizes: storage metric is not measured',
      'table sizes: storage metric is measured again',
    ]);
  });
});

describe('what a broker refuses', () => {
  it('is absent, told once in many rounds, and keeps nothing else from being told', async () => {
    let asked = 0;
    const topicSizes = async () => {
      asked++;
      throw new Error('Cluster authorization failed');
    };
    watch({ from: { topicSizes } });
    await until(() => asked > 3);
    expect(await told()).toEqual(STORAGE.filter((name) => name !== 'topic_bytes'));
    expect(logged.filter(({ what }) => what)).toEqual([
      { what: 'topic sizes', reason: 'Cluster authorization failed', message: 'storage metric is not measured' },
    ]);
  });
});

describe('the look at chunks', () => {
  it('reads no table as a whole, however many sources there are', async () => {
    const { db } = fixture;
    const all = 'from generate_series(1, 2000) source, generate_series(0, 4) chunk';
    await db.query(
      `insert into millrace.sources (id, dataset, path, state) select id, 'sales', id, 'cut' from generate_series(1, 2000) id`,
    );
    await db.query(
      `insert into millrace.chunks (source, chunk, fingerprint, records, byte_start) select source, chunk, '', 40, chunk ${all}`,
    );
    await db.query(
      `insert into millrace.manifests (source, chunk, records, rejected, skipped, slots) select source, chunk, 40, 0, 0, '{0,1,2,3}' ${all}`,
    );
    await db.query(
      `insert into millrace.ledger (source, chunk, slot, rows, written) select source, chunk, slot, 10, 10 ${all}, generate_series(0, 3) slot`,
    );
    for (const statistics of [
      'none yet',
      'analyze millrace.sources, millrace.chunks, millrace.manifests, millrace.ledger',
    ]) {
      if (statistics !== 'none yet') await db.query(statistics);
      const sources = Array.from({ length: 100 }, (_, at) => at * 17 + 1);
      const plan = await boundedQuery<{ 'QUERY PLAN': string }>(db, 5000, `explain ${AUDIT}`, [
        sources,
        sources.map(() => 0),
        200,
      ]);
      const scans = plan.flatMap(
        (line) =>
          /(\w+(?: \w+)* Scan)(?: using \w+)? on (?!k\b)(\w+)/.exec(line['QUERY PLAN'])?.slice(1, 3).join(' ') ?? [],
      );
      expect(scans.sort(), statistics).toEqual([
        ...['Index Scan chunks', 'Index Scan ledger', 'Index Scan manifests', 'Index Scan sources'],
      ]);
    }
  });
});

describe('one ingestor of all', () => {
  const leaseGoesTo = (owner: string, until_ms: number) =>
    fixture.db.query(
      `insert into millrace.leases (subject, owner, until) values ('storage-metrics', $1, clock_timestamp() + $2 * interval '1 ms')
       on conflict (subject) do update set owner = excluded.owner, until = excluded.until`,
      [owner, until_ms],
    );

  it('tells them: a former holder has no series left, and takes over again from one that died', async () => {
    watch();
    await until(async () => (await told()).length === STORAGE.length);
    await leaseGoesTo('ingestor-2', 60_000);
    await until(async () => (await told()).length === 0);
    const connections = () =>
      fixture.db.query(`select from pg_stat_activity where application_name = 'millrace ingestor-1 storage'`);
    await until(async () => (await connections()).length === 0);
    await leaseGoesTo('ingestor-2', -1);
    await until(async () => (await told()).length === STORAGE.length);
    await watches.pop()?.close();
    expect(await told()).toEqual([]);
    expect(await fixture.db.query(`select from millrace.leases where subject = 'storage-metrics'`)).toEqual([]);
  });

  it('is held no longer than its lease by one that PostgreSQL does not answer', async () => {
    watch({ ttl_ms: 400 });
    await until(async () => (await told()).length === STORAGE.length);
    await fixture.db.query('alter table millrace.leases rename to leases_away');
    await until(async () => (await told()).length === 0);
    await fixture.db.query('alter table millrace.leases_away rename to leases');
    await until(async () => (await told()).length === STORAGE.length);
  });
});
