import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { topicsOf } from '@millrace/contracts';
import { connectKafka } from '@millrace/kafka';
import { type Database, openDatabase, pendingMigrations } from '@millrace/postgres';
import { createDatabase, dropDatabase } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandResult, Pipeline } from '../harness/pipeline.js';

const dataset = `migrated_${randomBytes(4).toString('hex')}`;
const config = {
  ...{ name: dataset, table: 'migrated', key: 'id', parts: 2 },
  columns: [{ name: 'id', type: 'text', required: true }],
};
const base = mkdtempSync(join(tmpdir(), 'millrace-migrate-'));
const watch = ['--watch', `${dataset}=/data/nowhere`];
let url: string;
let db: Database;
let pipeline: Pipeline;

function write(more: object = {}): void {
  writeFileSync(join(base, 'dataset.yaml'), JSON.stringify({ ...config, ...more }));
}

const migrate = (...args: string[]): Promise<CommandResult> => pipeline.command('migrate', ...args).ended;

beforeAll(async () => {
  mkdirSync(base, { recursive: true });
  write();
  url = await createDatabase(process.env.DATABASE_URL!, 'migrate');
  db = await openDatabase(url, { role: 'test', max: 2 });
  pipeline = new Pipeline({ KAFKA_BROKERS: process.env.KAFKA_BROKERS!, DATABASE_URL: url, MILLRACE_DATASETS: base });
});

afterAll(async () => {
  await pipeline.stop();
  await db.close();
  await dropDatabase(url);
  rmSync(base, { recursive: true, force: true });
});

describe('millrace migrate', () => {
  it('brings all to what it should be, once, though two run at the same time', async () => {
    const both = await Promise.all([migrate('--json', ...watch), migrate('--json', ...watch)]);
    for (const { exit_code, stderr } of both) expect(exit_code, stderr).toBe(0);
    const results = both.map(({ last }) => last as { migrations: string[]; watches: { added: boolean }[] });
    expect(results.map(({ migrations }) => migrations.length).sort()).toEqual([0, 4]);
    expect(results.map(({ watches }) => watches[0].added).sort()).toEqual([false, true]);
    expect(await pendingMigrations(db)).toEqual([]);
    expect(await db.query('select name, version from millrace.datasets')).toEqual([{ name: dataset, version: 1 }]);
    expect(await db.query('select dataset, path from millrace.watches')).toEqual([{ dataset, path: '/data/nowhere' }]);
    const topics = topicsOf(dataset, config.parts).map(({ topic }) => topic);
    const kafka = await connectKafka({ brokers: process.env.KAFKA_BROKERS!.split(','), clientId: 'test' });
    try {
      expect([...(await kafka.topicIds(topics)).keys()].sort()).toEqual(topics.toSorted());
    } finally {
      await kafka.close();
    }
  });

  it('says what it did: nothing where all is there, a version where the config is another one', async () => {
    expect((await migrate('--json', ...watch)).last).toMatchObject({
      migrations: [],
      roles: { state: 'there', granted: [], given: [], administrator_sql: [] },
      datasets: [{ dataset, version: 1, isNew: false }],
      topics: { made: [], there: 5 },
      watches: [{ dataset, path: '/data/nowhere', added: false }],
    });
    write({ columns: [...config.columns, { name: 'note', type: 'text', default: null }] });
    const text = await pipeline.cli('migrate');
    expect(text).toContain('schema: up to date\n');
    expect(text).toContain(`datasets: ${dataset} v2 (new)\n`);
    expect(text).toContain('topics: 0 made, 5 there\n');
  });

  it('ends with 3 where it is told nonsense, and with 1 where a server is not there in time', async () => {
    expect(await migrate('--watch', 'unknown=/data')).toMatchObject({
      exit_code: 3,
      stderr: expect.stringContaining('unknown'),
    });
    const nowhere = new Pipeline({
      ...{ KAFKA_BROKERS: process.env.KAFKA_BROKERS!, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' },
      MILLRACE_DATASETS: base,
    });
    const { exit_code, stderr } = await nowhere.command('migrate', '--timeout', '0').ended;
    rmSync(nowhere.home, { recursive: true, force: true });
    expect({ exit_code, stderr }).toEqual({ exit_code: 1, stderr: expect.stringContaining('POSTGRES_UNREACHABLE') });
  });
});
