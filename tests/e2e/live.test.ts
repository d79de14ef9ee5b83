import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LiveAnswer, LiveSales, SOURCE_COLUMNS } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Pipeline } from '../harness/pipeline.js';

// Live data through the real command line: two ingestors, each row followed to its place by an answer key.
const base = mkdtempSync(join(tmpdir(), 'millrace-live-'));
const watched = join(base, 'watched');
const answers: LiveAnswer[] = [];
let pipeline: Pipeline;

/** Rows at the end of a CSV file in pieces that end anywhere; the last piece ends with a record. */
async function grow(path: string, seed: number, rows: number, pieces: number): Promise<LiveAnswer> {
  const sales = new LiveSales({ seed, dup: 0.05, bad: 0.05 });
  const lines = Array.from({ length: rows }, () => `${sales.next('csv').toString('latin1')}\n`);
  const bytes = Buffer.from(`${SOURCE_COLUMNS.join(',')}\n${lines.join('')}`, 'latin1');
  for (let piece = 0; piece < pieces; piece++) {
    const [from, to] = [piece, piece + 1].map((index) => Math.floor((bytes.length * index) / pieces));
    appendFileSync(path, bytes.subarray(from, to));
    await sleep(150);
  }
  return sales.answer('file');
}

describe('live data by the command line', () => {
  beforeAll(async () => {
    mkdirSync(watched);
    pipeline = await Pipeline.start('ingestor=2', { MILLRACE_QUIET_MS: '1500' }, '--watch', `sales=${watched}`);
  }, 120_000);

  afterAll(async () => {
    await pipeline?.stop();
    rmSync(base, { recursive: true, force: true });
  });

  it('produce over HTTP: each row is where its answer key says, whatever its format', async () => {
    const { answer, last } = await pipeline.produce('--rows', '2000', '--rate', '2000', '--batch', '50');
    expect(last).toMatchObject({ event: 'result', rows: 2000, requests: 40, exit_code: 0 });
    answers.push(answer);
    await pipeline.expectLive(answers);
  }, 60_000);

  it('produce over Kafka: single messages, JSON and CSV', async () => {
    const { answer, last } = await pipeline.produce('--kafka', '--rows', '2000', '--rate', '2000');
    expect(last).toMatchObject({ rows: 2000, requests: 2000 });
    answers.push(answer);
    await pipeline.expectLive(answers);
  }, 60_000);

  it('a file that grows in a watched directory is followed record by record, and sealed once it is quiet', async () => {
    const path = join(watched, 'till.csv');
    const growing = grow(path, 77, 2000, 12);
    const written = () => pipeline.count(`select count(*) from sales where order_id like 'L77-%'`);
    await expect.poll(written, { timeout: 15_000 }).toBeGreaterThan(0);
    answers.push(await growing);
    await pipeline.expectLive(answers);
    const state = () => pipeline.database.query(`select state, sealed from millrace.sources where kind = 'file'`);
    await expect.poll(state, { timeout: 20_000 }).toEqual([{ state: 'cut', sealed: true }]);
    await pipeline.expectLive(answers);
  }, 90_000);

  it('watch, watches and unwatch: a directory is followed until it is not', async () => {
    const directory = join(base, 'more');
    mkdirSync(directory);
    const args = ['--dataset', 'sales', '--path', directory, '--json'];
    expect(JSON.parse(await pipeline.cli('watch', ...args))).toMatchObject({ path: directory, added: true });
    expect(JSON.parse(await pipeline.cli('watch', ...args))).toMatchObject({ added: false });
    answers.push(await grow(join(directory, 'more.csv'), 78, 300, 2));
    await pipeline.expectLive(answers);
    const { watches } = JSON.parse(await pipeline.cli('watches', '--json'));
    expect(watches).toMatchObject([
      { path: watched, error: null, red: 0 },
      { path: directory, files: 1, error: null, red: 0 },
    ]);
    expect(JSON.parse(await pipeline.cli('unwatch', ...args))).toMatchObject({ removed: true });
    expect(JSON.parse(await pipeline.cli('watches', '--json')).watches).toHaveLength(1);
  }, 60_000);

  it('run without --once shows the numbers moving until it is interrupted, and ends with the books', async () => {
    const directory = join(base, 'followed');
    mkdirSync(directory);
    const run = pipeline.command('run', '--dataset', 'sales', '--path', directory, '--json');
    const grown = await grow(join(directory, 'till.csv'), 79, 500, 3);
    answers.push(grown);
    const moved = () => run.lines.findLast(({ event }) => event === 'live') ?? {};
    await expect.poll(moved, { timeout: 20_000 }).toMatchObject({ rows_in: 500, rejected: grown.rejected });
    run.signal('SIGINT');
    const { exit_code, last, stderr } = await run.ended;
    expect({ exit_code, ...last }, stderr).toMatchObject({
      event: 'result',
      exit_code: 0,
      rows_in: 500,
      written: grown.written,
      duplicates: grown.duplicates,
      balanced: true,
    });
    expect(JSON.parse(await pipeline.cli('watches', '--json')).watches).toHaveLength(1);
    await pipeline.expectLive(answers);
  }, 60_000);

  it('status tells the backlog and freshness, endpoints the API, rejects the message', async () => {
    const status = JSON.parse(await pipeline.cli('status', '--json'));
    expect(status).toMatchObject({ inbox_backlog: 0, database_problem: null });
    expect(status.freshness.p50_seconds).toBeGreaterThan(0);
    const urls = await pipeline.ingestUrls();
    expect(urls).toHaveLength(2);
    expect((await fetch(`${urls[0]}/docs`)).status).toBe(200);
    const { rejects } = JSON.parse(await pipeline.cli('rejects', '--json', '--limit', '10'));
    expect(rejects).toContainEqual(
      expect.objectContaining({ topic: 'inbox.sales', partition: expect.any(Number), offset: expect.any(Number) }),
    );
    expect(await pipeline.cli('rejects')).toMatch(/inbox\.sales\[\d\]@\d+, row \d+/);
  }, 60_000);

  it('an ingestor that was killed is back at the same address', async () => {
    const before = await pipeline.ingestUrls();
    await pipeline.signal('ingestor-1', 'SIGKILL');
    await expect.poll(() => pipeline.ingestUrls(), { timeout: 30_000 }).toEqual(before);
  }, 60_000);

  it('a directory that is not there, or a dataset that is not configured, is no watch', async () => {
    const watch = (dataset: string, path: string) => pipeline.cli('watch', '--dataset', dataset, '--path', path);
    await expect(watch('sales', join(base, 'nowhere'))).rejects.toMatchObject({ code: 1 });
    await expect(watch('nothing', base)).rejects.toMatchObject({ code: 3 });
    writeFileSync(join(base, 'file'), '');
    await expect(watch('sales', join(base, 'file'))).rejects.toMatchObject({ code: 1 });
  }, 60_000);
});

describe('demo --live', () => {
  it('shows the numbers moving, compares all with the answer keys, and stops what it started', async () => {
    const demo = new Pipeline({});
    try {
      const { ended, lines } = demo.command('demo', '--live', '--for', '4s', '--json');
      const { exit_code, last, stderr } = await ended;
      expect({ exit_code, ...last }, stderr).toMatchObject({
        event: 'result',
        exit_code: 0,
        balanced: true,
        set_aside: 0,
      });
      expect(last.rows_in).toBeGreaterThan(8000);
      expect(lines.filter(({ event }) => event === 'live').length).toBeGreaterThan(1);
      expect(stderr).toContain('Exact:');
      expect(JSON.parse(await demo.cli('status', '--json')).supervisor).toBeNull();
    } finally {
      await demo.stop();
    }
  }, 120_000);
});
