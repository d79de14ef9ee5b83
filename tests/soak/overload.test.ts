import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@millrace/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Pipeline } from '../harness/pipeline.js';

const BACKLOG_BYTES = 512 * 1024;
const IN_FLIGHT_BYTES = 256 * 1024;
const LOCKED_S = 10;
const BACKLOG = 'millrace_backlog_bytes{dataset="sales"}';
const IN_FLIGHT = 'millrace_in_flight_bytes{stage="inbox"}';

let pipeline: Pipeline;

async function gauge(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  expect(line, name).toBeDefined();
  return Number(line?.split(' ')[1]);
}

describe('a PostgreSQL that takes nothing for a while', () => {
  beforeAll(async () => {
    pipeline = await Pipeline.start('', {
      MILLRACE_BACKLOG_BYTES: String(BACKLOG_BYTES),
      MILLRACE_HTTP_BODY_BYTES: String(BACKLOG_BYTES),
      MILLRACE_IN_FLIGHT_BYTES: String(IN_FLIGHT_BYTES),
    });
  }, 120_000);

  afterAll(async () => {
    await pipeline?.stop();
  });

  it('leads to 429 (the producer comes later) and bounded memory, then drains and is exact', async () => {
    const first = await pipeline.produce('--rows', '2000', '--rate', '2000');
    await pipeline.expectLive([first.answer]);
    const { database_url } = JSON.parse(await pipeline.cli('endpoints', '--json'));
    const [url] = await pipeline.ingestUrls();
    const locker = await openDatabase(database_url, { max: 1 });
    let producing: ReturnType<Pipeline['produce']>;
    const peak = { backlog_bytes: 0, in_flight_bytes: 0 };
    try {
      await locker.transaction(async (tx) => {
        await tx.query('lock table public.sales in access exclusive mode');
        producing = pipeline.produce('--rows', '30000', '--rate', '10000', '--batch', '100');
        producing.catch(() => undefined);
        for (let second = 0; second < LOCKED_S; second++) {
          await sleep(1000);
          peak.backlog_bytes = Math.max(peak.backlog_bytes, await gauge(url, BACKLOG));
          peak.in_flight_bytes = Math.max(peak.in_flight_bytes, await gauge(url, IN_FLIGHT));
        }
      });
    } finally {
      await locker.close();
    }

    // All that was to come is many times these bounds.
    expect(peak.backlog_bytes).toBeGreaterThan(BACKLOG_BYTES / 4);
    // Bodies are admitted by their bytes; in the inbox's message each of their rows takes four more.
    expect(peak.backlog_bytes).toBeLessThanOrEqual(1.02 * BACKLOG_BYTES);
    expect(peak.in_flight_bytes).toBeGreaterThan(0);
    // Room is made for messages; packed, each of their rows takes some bytes more.
    expect(peak.in_flight_bytes).toBeLessThanOrEqual(1.1 * IN_FLIGHT_BYTES);
    const { answer, last } = await producing!;
    expect(last.refusals).toBeGreaterThan(0);
    await pipeline.expectLive([first.answer, answer], { timeout_ms: 90_000 });
  }, 240_000);
});
