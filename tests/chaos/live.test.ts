import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Pipeline } from '../harness/pipeline.js';

// Producers over HTTP and over Kafka that write without a pause while everything that runs is killed.
const SCALE = 'ingestor=2';
const INSTANCES = ['ingestor-1', 'ingestor-2', 'cleaner-1', 'deduper-1', 'aggregator-1'];
/** Between Kafka's acknowledgement of a request and its 202, and on both sides of what is written down of an inbox. */
const FAULTS = ['ingestor.after_accept:9', 'ingestor.before_inbox_record:15', 'ingestor.after_inbox_record:21'];
const SERVICES_MS = 16_000;
const DIRT = ['--dup', '0.05', '--bad', '0.03', '--for', '10m'];

let pipeline: Pipeline;

/** In random order, each once; then again. */
function* victims(): Generator<string> {
  for (;;) yield* [...INSTANCES].sort(() => Math.random() - 0.5);
}

/** SIGKILL to one service after the other, now and then to two or three at once, until each had it, and for some time. */
async function killServices(): Promise<number> {
  const killed = new Set<string>();
  const until = Date.now() + SERVICES_MS;
  let kills = 0;
  for (const instance of victims()) {
    if (Date.now() > until && killed.size === INSTANCES.length) break;
    if (await pipeline.signal(instance, 'SIGKILL')) {
      killed.add(instance);
      kills += 1;
    }
    if (Math.random() > 0.2) await sleep(500 + Math.random() * 1000);
  }
  return kills;
}

describe('killed at random while producers write', () => {
  beforeAll(async () => {
    pipeline = await Pipeline.start(SCALE, { MILLRACE_FAULT: FAULTS.join(',') });
  }, 120_000);

  afterAll(async () => {
    await pipeline?.stop();
  });

  it('all services, then Kafka, then PostgreSQL: exact against the answer keys', async () => {
    const http = pipeline.producing('--http', '--rate', '1000', ...DIRT);
    const kafka = pipeline.producing('--kafka', '--rate', '300', ...DIRT);
    const producers = [http, kafka];
    /** Both get through: again, after what was done to them. */
    const writing = async () => {
      const targets = producers.map(({ sent }) => sent() + 500);
      for (const [index, { sent }] of producers.entries()) {
        await expect.poll(sent, { timeout: 90_000, interval: 200 }).toBeGreaterThan(targets[index]);
      }
    };
    await writing();
    const passed = () => readdirSync(join(pipeline.home, 'faults')).sort();
    await expect.poll(passed, { timeout: 90_000 }).toEqual(FAULTS.map((fault) => fault.replace(':', '.')).sort());
    expect(await killServices()).toBeGreaterThanOrEqual(INSTANCES.length);
    await writing();
    expect(await pipeline.killServer('kafka')).toBeGreaterThan(0);
    await writing();
    expect(await pipeline.killServer('postgres')).toBeGreaterThan(0);
    await writing();

    const produced = await Promise.all(producers.map(({ stop }) => stop()));
    expect(produced[0].last.repeats).toBeGreaterThan(0);
    const answers = produced.map(({ answer }) => answer);
    await pipeline.expectLive(answers, { timeout_ms: 60_000 });
    const books = await pipeline.database.query<{ balanced: boolean; complete: boolean }>(
      'select distinct balanced, complete from millrace.books',
    );
    expect(books).toEqual([{ balanced: true, complete: true }]);
  }, 400_000);
});
