import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Pipeline } from '../harness/pipeline.js';

/** Past every watchdog and every round of housekeeping. */
const IDLE_MS = 120_000;
/** The young generation of each process fills and is collected in between. */
const SLACK_BYTES = 48 * 1024 * 1024;

let pipeline: Pipeline;

/** What must not grow while nothing comes in: messages in Kafka, rows in PostgreSQL. */
async function stored(): Promise<Record<string, number>> {
  const tables = await pipeline.database.query<{ name: string; rows: string }>(
    `select table_schema || '.' || table_name as name, (xpath('/row/c/text()', query_to_xml(
       format('select count(*) as c from %I.%I', table_schema, table_name), false, true, '')))[1]::text as rows
     from information_schema.tables where table_type = 'BASE TABLE' and table_schema in ('millrace', 'public') order by 1`,
  );
  return Object.fromEntries(tables.map(({ name, rows }) => [name, Number(rows)]));
}

async function memory(): Promise<Record<string, number>> {
  const services = await pipeline.services();
  return Object.fromEntries(services.map(({ instance, pid }) => [instance, rssOf(pid as number)]));
}

function rssOf(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

describe('nothing comes in', () => {
  beforeAll(async () => {
    pipeline = await Pipeline.start();
  }, 120_000);

  afterAll(async () => {
    await pipeline?.stop();
  });

  it('for a while: nothing grows, nothing restarts, and the next rows are taken as ever', async () => {
    const { answer } = await pipeline.produce('--rows', '2000', '--rate', '1000');
    await pipeline.expectLive([answer]);
    // Compaction and the last commits.
    await sleep(20_000);
    const [stored_before, memory_before] = [await stored(), await memory()];
    const services_before = (await pipeline.services()).map(({ pid, restarts }) => ({ pid, restarts }));

    await sleep(IDLE_MS);
    expect(await stored()).toEqual(stored_before);
    for (const [instance, rss] of Object.entries(await memory())) {
      expect(rss - memory_before[instance], `memory of ${instance}`).toBeLessThan(SLACK_BYTES);
    }
    expect((await pipeline.services()).map(({ pid, restarts }) => ({ pid, restarts }))).toEqual(services_before);

    const next = await pipeline.produce('--rows', '1', '--rate', '1');
    await pipeline.expectLive([answer, next.answer]);
  }, 240_000);
});
