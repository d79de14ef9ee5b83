import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDeliveries } from '../harness/deliveries.js';
import { expectExact, Pipeline } from '../harness/pipeline.js';

/** Around each acknowledgement and each commit, of every service. Each point strikes once, at the given pass. */
const POINTS = [
  'ingestor.after_register:1',
  'ingestor.after_record:2',
  'ingestor.before_publish:3',
  'ingestor.after_publish:4',
  'ingestor.after_mark:5',
  ...['cleaner', 'deduper'].flatMap((service) => [
    `${service}.before_ack:2`,
    `${service}.after_ack:3`,
    `${service}.before_commit:3`,
    `${service}.after_commit:4`,
  ]),
  'aggregator.before_begin:2',
  'aggregator.after_ledger:3',
  'aggregator.in_copy:3',
  'aggregator.after_gold:3',
  'aggregator.before_commit:4',
  'aggregator.after_commit:4',
];

const {
  deliveries: [{ directory, answer }],
  remove,
} = makeDeliveries(1, 200_000);

describe('killed at named points', () => {
  let pipeline: Pipeline;

  beforeAll(async () => {
    const slow = { MILLRACE_IN_FLIGHT_BYTES: String(1024 * 1024) };
    pipeline = await Pipeline.start('', { ...slow, MILLRACE_FAULT: POINTS.join(',') });
  }, 120_000);

  afterAll(async () => {
    await pipeline?.stop();
    remove();
  });

  it('around every acknowledgement and commit of every service: exact, without one heal', async () => {
    expectExact(await pipeline.run(directory), answer);
    await pipeline.expect(answer);
  }, 240_000);

  it('and each of the points was really reached', () => {
    const faults = join(pipeline.home, 'faults');
    const struck = existsSync(faults) ? readdirSync(faults) : [];
    expect(struck.sort()).toEqual(POINTS.map((point) => point.replace(':', '.')).sort());
  });
});
