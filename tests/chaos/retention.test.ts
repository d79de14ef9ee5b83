import { hash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS, topicName, topicsOf } from '@millrace/contracts';
import { connectKafka, type KafkaClient } from '@millrace/kafka';
import { readIncidents } from '@millrace/postgres';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peopleConfig } from '../harness/people.js';
import { Pipeline } from '../harness/pipeline.js';
import { until } from '../harness/until.js';

/** What is struck, and what must not notice. */
const STRUCK = 'struck';
const OTHER = 'other';
const PARTS = 2;
const FILES = 2;
/** Of each file. */
const ROWS: Record<string, number> = { [STRUCK]: 2500, [OTHER]: 500 };

type Layer = 'bronze' | 'silver' | 'screened' | 'rejects';
const STAGES = { cleaner: ['bronze'], deduper: ['silver'], aggregator: ['screened', 'rejects'] } as const;
type Stage = keyof typeof STAGES;
/** Longer than a fetch waits at the broker: what comes later is in no process. */
const FETCH_MS = 700;
/** Small, so that a strike comes in the middle: most is not published by then. */
const PLAN = { mode: 'eager', chunk_bytes: 64 * 1024, in_flight_bytes: 256 * 1024 };

const base = mkdtempSync(join(tmpdir(), 'millrace-retention-'));
let pipeline: Pipeline;
let kafka: KafkaClient;

/** Of these keys some come again, in the same file and in the next one: the first one is kept. */
function write(directory: string, rows: number): Map<string, string> {
  mkdirSync(directory, { recursive: true });
  const kept = new Map<string, string>();
  for (let file = 0; file < FILES; file++) {
    let text = 'id,name\n';
    for (let row = 0; row < rows; row++) {
      const id = `${directory}-${row % 10 === 9 ? row - 5 : file * (rows / 2) + row}`;
      const name = hash('sha256', `${file} ${row}`).repeat(3);
      text += `${id},${name}\n`;
      if (!kept.has(id)) kept.set(id, name);
    }
    writeFileSync(join(directory, `part_${file}.csv`), text);
  }
  return kept;
}

const written = new Map<string, Map<string, string>>();

/** Asks for one pass over new files. @returns to be waited for: ends with the rows that must be there by then */
async function begin(dataset: string): Promise<{ finished: () => Promise<void> }> {
  const directory = join(base, `${dataset}_${written.size}`);
  written.set(directory, write(directory, ROWS[dataset]));
  const { database } = pipeline;
  const [{ fingerprint }] = await database.query<{ fingerprint: string }>(
    'select fingerprint from millrace.datasets where name = $1',
    [dataset],
  );
  const [{ id }] = await database.query<{ id: number }>(
    'insert into millrace.scans (dataset, path, fingerprint, plan) values ($1, $2, $3, $4) returning id::float8 as id',
    [dataset, directory, fingerprint, JSON.stringify(PLAN)],
  );
  const isFinished = async () =>
    (await pipeline.count(`select count(*) from millrace.scans where id = ${id} and state = 'finished'`)) === 1;
  return { finished: () => until(isFinished, `scan of ${directory}`) };
}

async function expectExact(dataset: string): Promise<void> {
  const expected = [...written].filter(([path]) => path.includes(`/${dataset}_`)).flatMap(([, kept]) => [...kept]);
  const rows = await pipeline.database.query<{ id: string; name: string }>(`select id, name from ${dataset}`);
  expect(rows.length).toBe(expected.length);
  const found = new Map(rows.map(({ id, name }) => [id, name]));
  expect(expected.filter(([id, name]) => found.get(id) !== name)).toEqual([]);
  const books = await pipeline.database.query(
    'select sum(rows_in)::int as rows_in, bool_and(balanced and complete) as exact, sum(failed)::int as failed from millrace.books where dataset = $1',
    [dataset],
  );
  const count = [...written.keys()].filter((path) => path.includes(`/${dataset}_`)).length;
  expect(books).toEqual([{ rows_in: count * FILES * ROWS[dataset], exact: true, failed: 0 }]);
}

const heals = async (dataset: string) =>
  (await readIncidents(pipeline.database)).find((incidents) => incidents.dataset === dataset)?.heals ?? 0;
const topicsOfStage = (stage: Stage) => STAGES[stage].map((layer: Layer) => topicName(layer, STRUCK));

/** With the stage stopped brings both datasets new files, does `strike` to what waits for it, and lets it go on. */
async function bring(stage: Stage, strike: (topics: string[]) => Promise<void>): Promise<void> {
  const topics = topicsOfStage(stage);
  const signal = (name: NodeJS.Signals) => pipeline.signal(`${stage}-1`, name);
  await until(async () => (await signal('SIGSTOP')) !== undefined, `the ${stage} runs`);
  await sleep(FETCH_MS);
  const before = { ends: await ends(topics), heals: await heals(STRUCK) };
  const scans = [await begin(STRUCK), await begin(OTHER)];
  const isMore = async () => (await ends(topics)).every((end, at) => end > before.ends[at]);
  await until(isMore, `messages come for the ${stage}`);
  await strike(topics);
  await signal('SIGCONT');
  for (const scan of scans) await scan.finished();
  await expectExact(STRUCK);
  await expectExact(OTHER);
  expect(await heals(STRUCK)).toBeGreaterThan(before.heals);
  expect(await heals(OTHER)).toBe(0);
}

/** Of each topic the sum of its partitions' ends. */
async function ends(topics: string[]): Promise<bigint[]> {
  const logs = await kafka.lag('nobody', topics);
  return topics.map((name) => logs.reduce((sum, { topic, high }) => (topic === name ? sum + high : sum), 0n));
}

async function trim(topics: string[]): Promise<void> {
  for (const topic of topics) {
    const logs = await kafka.lag('nobody', [topic]);
    await kafka.deleteRecords(
      topic,
      logs.map(({ partition, high }) => ({ partition, offset: high })),
    );
  }
}

/** As an operator would who wants to keep nothing: the broker deletes by itself what nobody has read. */
async function expire(topics: string[]): Promise<void> {
  const admin = new Kafka({ brokers: [pipeline.kafka_brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const set = (retention_ms: string) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: topics.map((name) => ({
        type: 2,
        name,
        configEntries: [
          { name: 'retention.ms', value: retention_ms },
          { name: 'segment.bytes', value: String(LIMITS.chunk_bytes) },
          { name: 'max.message.bytes', value: String(8 * LIMITS.chunk_bytes) },
        ],
      })),
    });
  await set('1');
  const isGone = async () => (await kafka.lag('nobody', topics)).every(({ low, high }) => low === high);
  await until(isGone, 'the broker deletes what is old');
  await set('-1');
  await admin.disconnect();
}

async function recreate(topics: string[]): Promise<void> {
  await kafka.deleteTopics(topics);
  const specs = topicsOf(STRUCK, PARTS).filter(({ topic }) => topics.includes(topic));
  await until(
    () =>
      kafka.ensureTopics(specs).then(
        () => true,
        () => false,
      ),
    'the topics are there again',
  );
}

/** Of all services, by topic, since each was started. */
async function offsetGaps(): Promise<Map<string, number>> {
  const { metrics } = JSON.parse(await pipeline.cli('endpoints', '--json')) as { metrics: string[] };
  const found = new Map<string, number>();
  for (const url of metrics) {
    const text = await (await fetch(url)).text();
    for (const [, topic, count] of text.matchAll(/^millrace_offset_gaps_total\{.*topic="([^"]+)".*\} (\d+)/gm)) {
      found.set(topic, (found.get(topic) ?? 0) + Number(count));
    }
  }
  return found;
}

describe('what Kafka deleted before it was applied is healed from the ledger and counted:', () => {
  beforeAll(async () => {
    const datasets = join(base, 'datasets');
    mkdirSync(datasets);
    for (const name of [STRUCK, OTHER]) writeFileSync(join(datasets, `${name}.yaml`), peopleConfig(name));
    const window = { MILLRACE_IN_FLIGHT_BYTES: String(PLAN.in_flight_bytes), MILLRACE_TRIM: '0' };
    pipeline = await Pipeline.start('', { ...window, MILLRACE_DATASETS: datasets });
    kafka = await connectKafka({ brokers: [pipeline.kafka_brokers], clientId: 'test' });
  }, 120_000);

  afterAll(async () => {
    await kafka?.close();
    await pipeline?.stop();
    rmSync(base, { recursive: true, force: true });
  });

  it.each(['cleaner', 'deduper'] as const)('records deleted beyond what the %s has read', async (stage) => {
    await bring(stage, trim);
    const gaps = await offsetGaps();
    expect(Math.max(...topicsOfStage(stage).map((topic) => gaps.get(topic) ?? 0))).toBeGreaterThan(0);
    for (const [topic, count] of gaps) if (topic.endsWith(`.${OTHER}`)) expect(count, topic).toBe(0);
  });

  it('topics that were deleted and made anew', async () => {
    await bring('aggregator', recreate);
  });

  it('what the broker itself deleted by its retention; and it is told afterwards', async () => {
    await bring('aggregator', expire);
    const { incidents } = JSON.parse(await pipeline.cli('status', '--json'));
    expect(incidents).toMatchObject([{ dataset: STRUCK, heals: await heals(STRUCK), lost_offsets: 0 }]);
  });
});
