import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type Embedded, lockHome, removeServers, startEmbedded } from '@millrace/embedded';
import { connectKafka } from '@millrace/kafka';
import { openDatabase } from '@millrace/postgres';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

// Real servers in a home of their own, under a directory that only its owner can enter.
const closed = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-closed-')));
const home = join(closed, 'a home, with ümlaut');
const library = pathToFileURL(join(import.meta.dirname, '../../libs/embedded/dist/index.js')).href;
const topic = 'kept';
let embedded: Embedded;

/** What the servers hold: messages in the topic, rows in the table. */
async function contents(): Promise<{ messages: number; rows: number }> {
  const kafka = await connectKafka({ brokers: [embedded.kafka_brokers], clientId: 'test' });
  const database = await openDatabase(embedded.database_url);
  try {
    const [partition] = await kafka.lag('nobody', [topic]);
    const [{ rows }] = await database.query<{ rows: number }>('select count(*)::int rows from kept');
    return { messages: Number(partition.high), rows };
  } finally {
    await Promise.all([kafka.close(), database.close()]);
  }
}

/** Waits a little, as the broker loads its groups after it has said that it is started. */
const expectKept = () => vi.waitFor(async () => expect(await contents()).toEqual({ messages: 1, rows: 1 }), 10_000);

async function add(): Promise<void> {
  const kafka = await connectKafka({ brokers: [embedded.kafka_brokers], clientId: 'test' });
  const database = await openDatabase(embedded.database_url);
  try {
    await kafka.ensureTopics([{ topic, partitions: 1 }]);
    const producer = await kafka.producer();
    await producer.publish([{ topic, partition: 0, key: 'k', value: Buffer.alloc(8_000_000, 1) }]);
    await producer.close();
    await database.query('create table if not exists kept (n int)');
    await database.query('insert into kept values (1)');
  } finally {
    await Promise.all([kafka.close(), database.close()]);
  }
}

/** Kills a server and starts it again as a supervisor would. */
async function killAndRestart(name: 'kafka' | 'postgres'): Promise<void> {
  const former = embedded.pids[name]!;
  const ended = new Promise((done) => embedded.onExit((which, code) => which === name && done(code)));
  process.kill(former, 'SIGKILL');
  expect(await ended).toBe('SIGKILL');
  expect(embedded.pids[name]).toBeUndefined();
  await embedded.restart(name);
  expect(embedded.pids[name]).not.toBe(former);
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

beforeAll(async () => {
  mkdirSync(home);
  embedded = await startEmbedded(home);
});

afterAll(async () => {
  await embedded.stop();
  await removeServers(home);
  rmSync(closed, { recursive: true, force: true });
});

describe('the embedded servers', () => {
  it('serve clients as soon as they are started, on loopback only', async () => {
    await add();
    await expectKept();
    expect(embedded.kafka_brokers).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(new URL(embedded.database_url).hostname).toBe('127.0.0.1');
  });

  it('let nobody in without the password, which others cannot read', async () => {
    const url = new URL(embedded.database_url);
    url.password = 'guess';
    const refused = await openDatabase(url.href)
      .then((database) => database.query('select 1'))
      .catch((error) => error);
    expect(refused).toBeInstanceOf(Error);
    expect(statSync(join(home, 'postgres', 'password')).mode & 0o077).toBe(0);
  });

  it('run with nothing traded for speed, in UTC and UTF-8', async () => {
    const database = await openDatabase(embedded.database_url);
    const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'timezone', 'server_encoding'];
    const values = await Promise.all(
      names.map((name) => database.query<{ v: string }>(`select current_setting($1) v`, [name])),
    );
    await database.close();
    expect(values.map(([{ v }]) => v)).toEqual(['on', 'on', 'on', 'UTC', 'UTF8']);
  });

  it('keep everything when Kafka is killed', async () => {
    const brokers = embedded.kafka_brokers;
    await killAndRestart('kafka');
    expect(embedded.kafka_brokers).toBe(brokers);
    await expectKept();
  });

  it('keep everything when PostgreSQL is killed in the midst of work', async () => {
    const url = embedded.database_url;
    const database = await openDatabase(url);
    const work = database
      .query('insert into kept select n from generate_series(1, 50000000) n')
      .catch((error) => error);
    await sleep(300);
    await killAndRestart('postgres');
    expect(await work).toBeInstanceOf(Error);
    await database.close().catch(() => {});
    expect(embedded.database_url).toBe(url);
    await expectKept();
  });

  it('keep everything, and their addresses, through a stop and a start', async () => {
    const before = [embedded.kafka_brokers, embedded.database_url];
    await embedded.stop();
    expect(embedded.pids).toEqual({});
    embedded = await startEmbedded(home);
    expect([embedded.kafka_brokers, embedded.database_url]).toEqual(before);
    await expectKept();
  });
});

/** Another process that takes the home and starts the servers; tells their pids. */
async function startParent(): Promise<{ parent: ChildProcess; pids: number[] }> {
  const script = join(closed, 'parent.mjs');
  const code = `
    import { lockHome, startEmbedded } from ${JSON.stringify(library)};
    const home = process.argv[2];
    await lockHome(home);
    const embedded = await startEmbedded(home);
    console.log(JSON.stringify(Object.values(embedded.pids)));
    setInterval(() => {}, 1e9);
  `;
  writeFileSync(script, code);
  const parent = spawn(process.execPath, [script, home], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(parent.stdout!, 'data');
  return { parent, pids: JSON.parse(String(line)) };
}

describe('when the process that started the servers is killed', () => {
  it('its lock stands until then, and is free at once', async () => {
    await embedded.stop();
    const { parent, pids } = await startParent();
    await expect(lockHome(home)).rejects.toMatchObject({
      code: 'DIRECTORY_LOCKED',
      message: expect.stringContaining(`process ${parent.pid} `),
    });
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    const lock = await lockHome(home);
    // What it left running is stopped first, and nothing is lost.
    embedded = await startEmbedded(home);
    expect(pids.filter(isAlive)).toEqual([]);
    await expectKept();
    await lock.release();
  });

  it('the servers end by themselves', async () => {
    await embedded.stop();
    const { parent, pids } = await startParent();
    parent.kill('SIGKILL');
    await expect.poll(() => pids.filter(isAlive), { timeout: 20_000, interval: 100 }).toEqual([]);
  });
});
