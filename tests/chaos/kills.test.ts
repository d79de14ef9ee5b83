import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDeliveries } from '../harness/deliveries.js';
import { expectExact, Pipeline, type RunResult } from '../harness/pipeline.js';
import { until } from '../harness/until.js';

const ROWS = 120_000;
const SCALE = 'cleaner=2,deduper=2,aggregator=2';
// A small window makes a run last some seconds, so that there is a middle to strike in.
const SLOW = { MILLRACE_IN_FLIGHT_BYTES: String(1024 * 1024) };

const { deliveries, remove } = makeDeliveries(3, ROWS);

let undisturbed: string;
let pipeline: Pipeline;

/** Calls `strike` at random moments, `strikes` times or until the run ends; at least once. */
async function disturb(
  run: Promise<RunResult>,
  strike: () => Promise<void>,
  { strikes, pause_ms }: { strikes: number; pause_ms: number },
): Promise<RunResult> {
  let over = false;
  const ended = run.finally(() => {
    over = true;
  });
  await sleep(400);
  do {
    await strike();
    strikes -= 1;
    await sleep(pause_ms * (0.5 + Math.random()));
  } while (!over && strikes > 0);
  return ended;
}

describe('killed at random', () => {
  beforeAll(async () => {
    const reference = await Pipeline.start();
    try {
      for (const delivery of deliveries) expectExact(await reference.run(delivery.directory), delivery.answer);
      undisturbed = await reference.digest();
    } finally {
      await reference.stop();
    }
    pipeline = await Pipeline.start(SCALE, SLOW);
  }, 300_000);

  afterAll(async () => {
    await pipeline?.stop();
    remove();
  });

  const instances = ['ingestor-1', 'cleaner-1', 'cleaner-2', 'deduper-1', 'deduper-2', 'aggregator-1', 'aggregator-2'];
  const any = () => instances[Math.floor(Math.random() * instances.length)];

  it('each service killed with SIGKILL many times in a run: exact', async () => {
    let kills = 0;
    const strike = async () => {
      if (await pipeline.signal(instances[kills % instances.length], 'SIGKILL')) kills += 1;
    };
    expectExact(
      await disturb(pipeline.run(deliveries[0].directory), strike, { strikes: 21, pause_ms: 700 }),
      deliveries[0].answer,
    );
    expect(kills).toBeGreaterThan(3);
  }, 180_000);

  it("several services killed at the same moment, and the filters' snapshots deleted: exact", async () => {
    const snapshots = join(pipeline.home, 'deduper');
    // One that ends in good order leaves a snapshot.
    await pipeline.signal('deduper-1', 'SIGTERM');
    await until(() => existsSync(snapshots) && readdirSync(snapshots).length > 0, 'there is a snapshot');
    const strike = async () => {
      rmSync(snapshots, { recursive: true, force: true });
      await Promise.all(['deduper-1', 'deduper-2', any()].map((instance) => pipeline.signal(instance, 'SIGKILL')));
    };
    expectExact(
      await disturb(pipeline.run(deliveries[1].directory), strike, { strikes: 3, pause_ms: 2500 }),
      deliveries[1].answer,
    );
  }, 180_000);

  it('the broker and then PostgreSQL killed and restarted: exact', async () => {
    const applied = () => pipeline.count('select count(*) from millrace.ledger');
    const run = pipeline.run(deliveries[2].directory);
    await sleep(1200);
    expect(await pipeline.killServer('kafka')).toBeGreaterThan(0);
    const before = await applied();
    await until(async () => (await applied()) > before, 'the flow goes on');
    expect(await pipeline.killServer('postgres')).toBeGreaterThan(0);
    expectExact(await run, deliveries[2].answer);
  }, 180_000);

  it('rows, gold, duplicates, rejects and books equal those of the undisturbed run, bit for bit', async () => {
    expect(await pipeline.digest()).toEqual(undisturbed);
  });
});
