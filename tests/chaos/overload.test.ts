import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@millrace/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Pipeline } from '../harness/pipeline.js';

const BACKLOG_BYTES = 512 * 1024;
/** Room for garbage that was not collected yet; what a service that buffers without a bound would pass at once. */
const SLACK_BYTES = 160 * 1024 * 1024;

let pipeline: Pipeline;

function rssOf(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

async function memory(): Promise<Map<string, number>> {
  const services = await pipeline.services();
  return new Map(services.flatMap(({ instance, pid }) => (pid ? [[instance, rssOf(pid)]] : [])));
}

describe('a PostgreSQL that takes nothing for a while', () => {
  beforeAll(async () => {
    pipeline = await Pipeline.start('', {
      MILLRACE_BACKLOG_BYTES: String(BACKLOG_BYTES),
      MILLRACE_IN_FLIGHT_BYTES: String(256 * 1024),
    });
  }, 120_000);

  afterAll(async () => {
    await pipeline?.stop();
  });

  it('leads to 429 (the producer comes later) and bounded memory, then drains and is exact', async () => {
    const first = await pipeline.produce('--rows', '2000', '--rate', '2000');
    await pipeline.expectLive([first.answer]);
    const before = await memory();

    const { database_url } = JSON.parse(await pipeline.cli('endpoints', '--json'));
    const locker = await openDatabase(database_url, { max: 1 });
    let producing: ReturnType<Pipeline['produce']>;
    const peak = new Map(before);
    try {
      await locker.transaction(async (tx) => {
        await tx.query('lock table public.sales in access exclusive mode');
        producing = pipeline.produce('--rows', '30000', '--rate', '10000', '--batch', '100');
        producing.catch(() => undefined);
        for (let second = 0; second < 12; second++) {
          await sleep(1000);
          for (const [instance, rss] of await memory()) peak.set(instance, Math.max(rss, peak.get(instance) ?? 0));
        }
      });
    } finally {
      await locker.close();
    }

    for (const [instance, rss] of peak) {
      expect(rss - (before.get(instance) ?? 0), `memory of ${instance}`).toBeLessThan(SLACK_BYTES);
    }
    const { answer, last } = await producing!;
    expect(last.refusals).toBeGreaterThan(0);
    await pipeline.expectLive([first.answer, answer], { timeout_ms: 90_000 });
  }, 240_000);
});
