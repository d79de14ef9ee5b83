import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDeliveries } from '../harness/deliveries.js';
import { expectExact, Pipeline } from '../harness/pipeline.js';

const { deliveries, remove } = makeDeliveries(1, 120_000);
/** Well past the session timeout of 6 s. */
const STOPPED_MS = 12_000;

describe('an aggregator that hangs in its transaction', () => {
  let pipeline: Pipeline;

  beforeAll(async () => {
    pipeline = await Pipeline.start('aggregator=2', {
      MILLRACE_IN_FLIGHT_BYTES: String(1024 * 1024),
      MILLRACE_FAULT: 'aggregator.in_copy:6:stop,aggregator.after_gold:9:stop',
    });
  }, 120_000);

  afterAll(async () => {
    await pipeline?.stop();
    remove();
  });

  it('inside COPY and after gold, past its session timeout, and then wakes up: exact, without one heal', async () => {
    const run = pipeline.run(deliveries[0].directory);
    const faults = join(pipeline.home, 'faults');
    const continued = new Set<string>();
    let over = false;
    const ended = run.finally(() => {
      over = true;
    });
    while (!over) {
      await sleep(200);
      for (const point of listOf(faults).filter((name) => !continued.has(name))) {
        continued.add(point);
        void sleep(STOPPED_MS).then(() => wake(Number(readFileSync(join(faults, point), 'utf8'))));
      }
    }
    expectExact(await ended, deliveries[0].answer);
    expect([...continued].sort()).toEqual(['aggregator.after_gold.9', 'aggregator.in_copy.6']);
    // The books cannot tell a lie of gold: the answer key does.
    await sleep(STOPPED_MS);
    await pipeline.expect(deliveries[0].answer);
  }, 240_000);
});

function listOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function wake(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // Ended meanwhile: its supervisor found it dead.
  }
}
