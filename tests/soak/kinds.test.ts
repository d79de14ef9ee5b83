import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf } from '../harness/kind-model.js';
import { KindRuns } from '../harness/kind-runs.js';
import { makeKinds } from '../harness/kinds.js';
import { Pipeline } from '../harness/pipeline.js';
import { until } from '../harness/until.js';

// Every kind of dataset and every keep policy at once: undisturbed against a model in memory, then killed at random.
const SERVICES = ['ingestor', 'cleaner', 'deduper', 'aggregator'];
const SCALE = 'ingestor=2,cleaner=2,deduper=2,aggregator=2';
// A small window leaves something to do at each strike.
const SLOW = { MILLRACE_IN_FLIGHT_BYTES: String(96 * 1024) };
const PAUSE_MS = 500;

const base = mkdtempSync(join(tmpdir(), 'millrace-kinds-'));
const configs = join(base, 'configs');
const data = makeKinds(base, configs);
const env = { MILLRACE_DATASETS: configs };

let reference: Pipeline;
let pipeline: Pipeline;
let undisturbed: Awaited<ReturnType<KindRuns['contents']>>;

describe('every kind of dataset', () => {
  beforeAll(async () => {
    [reference, pipeline] = await Promise.all([Pipeline.start('', env), Pipeline.start(SCALE, { ...env, ...SLOW })]);
  }, 240_000);

  afterAll(async () => {
    await Promise.all([reference?.stop(), pipeline?.stop()]);
    rmSync(base, { recursive: true, force: true });
  });

  it('undisturbed, keeps what a naive model keeps, with its sums, lowest and highest values', async () => {
    const runs = new KindRuns(reference, configs, data);
    await runs.request(0);
    await runs.request(1);
    await runs.finished();
    await runs.expectSound();
    const answers = Object.fromEntries(data.map((kind) => [kind.kind.name, answerOf(kind)]));
    expect(await runs.answers()).toEqual(answers);
    undisturbed = await runs.contents();
    await reference.stop();
  }, 240_000);

  it('killed at random, and Kafka and PostgreSQL once each: the same to the last bit, without one heal', async () => {
    const runs = new KindRuns(pipeline, configs, data);
    /** One instance of each, in random order. More blows would only keep all from going on where the machine is busy. */
    const strike = async (services: string[]) => {
      const victims = services.map((name) => `${name}-${Math.random() < 0.5 ? 1 : 2}`).sort(() => Math.random() - 0.5);
      for (const instance of victims) {
        // One that is being started just now will have a pid soon.
        await until(async () => (await pipeline.signal(instance, 'SIGKILL')) !== undefined);
        await sleep(PAUSE_MS * (0.5 + Math.random()));
      }
    };
    /** There is something left to be done, and later something of it is done. */
    const survived = async (blow: () => Promise<unknown>) => {
      expect(await runs.open()).toBeGreaterThan(0);
      const before = await runs.applied();
      await blow();
      await expect.poll(() => runs.applied(), { timeout: 60_000, interval: 50 }).toBeGreaterThan(before);
    };

    const listed = runs.request(0).then(() => runs.request(1));
    listed.catch(() => undefined);
    await strike(SERVICES);
    await listed;
    await survived(() => pipeline.killServer('postgres'));
    await strike(['cleaner', 'deduper', 'aggregator']);
    await survived(() => pipeline.killServer('kafka'));
    await runs.finished();
    await runs.expectSound();
    expect(await runs.contents()).toEqual(undisturbed);
  }, 240_000);
});
