import { writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { encodeChunk, groupOf, topicName } from '@millrace/contracts';
import { migrate, openDatabase } from '@millrace/postgres';
import { createDatabase } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet } from '../harness/fleet.js';
import { Gate } from '../harness/gate.js';
import type { Line, ServiceProcess } from '../harness/service-process.js';
import { until } from '../harness/until.js';

// Real service processes, as a container runs them: how they begin, and how they end.
const CHUNKS = 500;
const ROWS = 100;

let fleet: Fleet;

beforeAll(async () => {
  fleet = await Fleet.start();
});

afterAll(async () => {
  await fleet?.stop();
});

interface Health {
  status: number;
  checks: Record<string, { ready: boolean; reason?: string }>;
}

async function health(service: ServiceProcess): Promise<Health> {
  const answer = await fetch(`${await service.url()}/health/ready`);
  const { checks, message } = (await answer.json()) as Health & { message?: Health };
  return { status: answer.status, checks: checks ?? message?.checks };
}

const metric = async (service: ServiceProcess, name: string) => {
  const text = await (await fetch(`${await service.url()}/metrics`)).text();
  return text.split('\n').filter((line) => line.startsWith(`${name}{`));
};

describe('a service that is there before its servers', () => {
  it('waits for each, says for what and why, and begins by itself; a secret that was rolled it reads anew', async () => {
    const { KAFKA_BROKERS, DATABASE_URL } = fleet.environment;
    // A secret that is not known to the server yet, and a database without a schema.
    const empty = await createDatabase(DATABASE_URL, 'lifecycle');
    const owner = await openDatabase(empty, { max: 1 });
    await owner.query(`create role rolling login superuser password 'rolled'`);
    const [kafka, postgres] = [await Gate.before(KAFKA_BROKERS), await Gate.before(new URL(DATABASE_URL).host)];
    const url = new URL(empty);
    const DATABASE_URL_FILE = join(fleet.home, 'database-url');
    const secretIs = (password: string) => {
      Object.assign(url, { host: postgres.address, username: 'rolling', password });
      writeFileSync(DATABASE_URL_FILE, `${url.href}\n`);
    };
    secretIs('former');
    const servers = { KAFKA_BROKERS: kafka.address, DATABASE_URL: '', DATABASE_URL_FILE };
    let service = fleet.spawn('aggregator', 'early', servers);
    const reason = async (check: string) => (await health(service)).checks[check].reason ?? '';

    await service.says('waiting for Kafka');
    await service.says('waiting for PostgreSQL');
    expect((await fetch(`${await service.url()}/health/live`)).status).toBe(200);
    const { status, checks } = await health(service);
    expect({ status, ready: Object.entries(checks).map(([name, { ready }]) => [name, ready]) }).toEqual({
      status: 503,
      ready: [
        ['started', false],
        ['kafka', false],
        ['postgres', false],
        ['migrations', false],
      ],
    });
    const up = (server: string, is: 0 | 1) => `millrace_server_up{server="${server}"} ${is}`;
    expect((await metric(service, 'millrace_server_up')).sort()).toEqual([up('kafka', 0), up('postgres', 0)]);
    expect(await metric(service, 'millrace_build_info')).toEqual([expect.stringContaining('service="aggregator"')]);

    postgres.isOpen = true;
    await until(async () => /password authentication failed/.test(await reason('postgres')), 'the refusal is told');
    expect(service.said('waiting for PostgreSQL').at(-1)).toMatchObject({ level: 'error' });
    secretIs('rolled');
    expect(await service.ended).toBe(75);
    service = fleet.spawn('aggregator', 'early', servers);
    await until(async () => /run `millrace migrate`/.test(await reason('migrations')), 'what is missing is told');
    expect((await metric(service, 'millrace_server_up')).sort()).toEqual([up('kafka', 0), up('postgres', 1)]);
    await migrate(empty);
    await service.says('migrations there');

    kafka.isOpen = true;
    await service.ready();
    expect((await metric(service, 'millrace_server_up')).sort()).toEqual([up('kafka', 1), up('postgres', 1)]);
    expect(await service.stop()).toBe(0);
    await owner.close();
    for (const gate of [kafka, postgres]) gate.close();
  });

  it('ends with 0 while it waits', async () => {
    const service = fleet.spawn('cleaner', 'waiting', { KAFKA_BROKERS: '127.0.0.1:1' });
    await service.says('waiting for Kafka');
    expect(await service.stop()).toBe(0);
    expect(service.said('stopped')).toHaveLength(1);
  });
});

/** Chunks as an ingestor publishes them, over all partitions. */
async function publish(): Promise<void> {
  const publisher = await fleet.kafka.producer();
  const { fingerprint: plan } = fleet.plan;
  const messages = Array.from({ length: CHUNKS }, (_, chunk) => {
    const raw = Buffer.from(Array.from({ length: ROWS }, (_, row) => `${chunk}-${row},${row},north\n`).join(''));
    const range = { byte_start: 0, byte_end: raw.length, first_record: 1, records: ROWS };
    const identity = { source: 1, chunk, plan, flags: 0 };
    const value = encodeChunk({ ...identity, ...range, header: Buffer.from('id,amount,region\n'), raw });
    return { topic: topicName('bronze', 'orders'), partition: chunk % 8, key: '', value };
  });
  await publisher.publish(messages);
  await publisher.close();
}

const lagOf = async (
  stage: 'cleaner' | 'deduper' | 'aggregator',
  ...layers: ('bronze' | 'silver' | 'screened' | 'rejects')[]
) => {
  const lags = await fleet.kafka.lag(
    groupOf(stage),
    layers.map((layer) => topicName(layer, 'orders')),
  );
  return lags.reduce((sum, { lag }) => sum + lag, 0);
};

const place = ({ topic, partition, offset }: Line) => `${topic}/${partition}/${offset}`;
const times = (line: Line | undefined) => Date.parse(line?.time ?? '');

/** SIGTERM in the middle of its work; it has to end well, having done what it had begun. */
async function stopInMidst(service: ServiceProcess, isInMidst: () => boolean): Promise<void> {
  await until(isInMidst, 'in the midst');
  expect(await service.stop()).toBe(0);
  expect(service.said('stopped')).toHaveLength(1);
  expect(service.said('not all that was in flight is done: it will be done again')).toEqual([]);
}

describe('SIGTERM in mid-flow', () => {
  beforeAll(publish);

  it('a cleaner finishes and commits what it began; its partitions pass on at once, and nothing is done twice', async () => {
    const first = fleet.spawn('cleaner', 'cleaner-1');
    const done = () => first.said('message done');
    await stopInMidst(first, () => done().length > 20);
    const left = CHUNKS - done().length;
    expect(await lagOf('cleaner', 'bronze')).toBe(left);
    expect(left).toBeGreaterThan(0);

    const second = fleet.spawn('cleaner', 'cleaner-2');
    await until(async () => (await lagOf('cleaner', 'bronze')) === 0);
    const places = [first, second].flatMap((one) => one.said('message done').map(place));
    expect(places).toHaveLength(CHUNKS);
    expect(new Set(places).size).toBe(CHUNKS);

    const third = fleet.spawn('cleaner', 'cleaner-3');
    await third.says('assignment settled', ({ partitions }) => partitions === 4);
    // Sooner than the session of one that died without a word is over.
    expect(await second.stop()).toBe(0);
    const settled = await third.says('assignment settled', ({ partitions }) => partitions === 8);
    expect(times(settled) - times(second.said('stopped')[0])).toBeLessThan(6000);
    expect(await third.stop()).toBe(0);
  });

  it('a deduper writes its filters down: the next one begins with them and reads nothing again', async () => {
    const first = fleet.spawn('deduper', 'deduper-1');
    const parts = () => new Set(first.said('message done').map(({ partition }) => partition));
    await stopInMidst(first, () => parts().size === 4);
    const left = await lagOf('deduper', 'silver');
    expect(left).toBeGreaterThan(0);
    const second = fleet.spawn('deduper', 'deduper-1');
    await until(async () => (await lagOf('deduper', 'silver')) === 0);
    expect(second.said('part begun').map(({ from }) => from)).toEqual(Array(4).fill('snapshot'));
    expect(second.said('message done').filter(({ refilled }) => refilled !== undefined)).toEqual([]);
    expect(second.said('message done')).toHaveLength(left);
    const places = [first, second].flatMap((one) => one.said('message done').map(place));
    expect(new Set(places).size).toBe(places.length);
    expect(await second.stop()).toBe(0);
  });

  it('an aggregator commits the transaction that it has begun, in PostgreSQL and Kafka', async () => {
    const sum = (services: ServiceProcess[]) =>
      services.flatMap((one) => one.said('group applied')).reduce((count, { messages }) => count + Number(messages), 0);
    const all = await lagOf('aggregator', 'screened', 'rejects');
    const first = fleet.spawn('aggregator', 'aggregator-1');
    await stopInMidst(first, () => sum([first]) > 20);
    expect(await lagOf('aggregator', 'screened', 'rejects')).toBe(all - sum([first]));
    const second = fleet.spawn('aggregator', 'aggregator-1');
    await until(async () => (await lagOf('aggregator', 'screened', 'rejects')) === 0);
    expect(sum([first, second])).toBe(all);
    expect(await fleet.count('select count(*) from orders')).toBe(CHUNKS * ROWS);
    expect(await second.stop()).toBe(0);
  });
});

/** A request whose body is on its way until `finish`. */
async function beginPost(
  service: ServiceProcess,
): Promise<{ finish: (body: string) => void; answer: Promise<number> }> {
  const url = `${await service.url()}/v1/datasets/orders/rows`;
  const sending = httpRequest(url, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' } });
  const answer = new Promise<number>((resolve, reject) => {
    sending.on('response', (response: IncomingMessage) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sending.on('error', reject);
  });
  answer.catch(() => {});
  await new Promise<void>((resolve) => sending.write('{"id":"begun', () => resolve()));
  return { finish: (body) => void sending.end(body), answer };
}

async function postWhole(service: ServiceProcess, id: string): Promise<number> {
  const headers = { 'content-type': 'application/x-ndjson' };
  const body = JSON.stringify({ id, amount: 1 });
  return (await fetch(`${await service.url()}/v1/datasets/orders/rows`, { method: 'POST', headers, body })).status;
}

describe('SIGTERM to an ingestor', () => {
  const inbox = async () => {
    const lags = await fleet.kafka.lag('nobody', [topicName('inbox', 'orders')]);
    return lags.reduce((sum, { high }) => sum + Number(high), 0);
  };

  it('says first that it is not ready, goes on taking requests for a moment, and answers those under way', async () => {
    const service = await fleet.spawn('ingestor', 'ingestor-1', { MILLRACE_STOP_DELAY_MS: '1500' }).ready();
    const { finish, answer } = await beginPost(service);
    service.signal('SIGTERM');
    await service.says('stopping');
    expect(await health(service)).toMatchObject({
      status: 503,
      checks: { started: { ready: false, reason: 'stopping' } },
    });
    expect(await postWhole(service, 'late')).toBe(202);
    await until(async () => (await postWhole(service, 'too late').catch(() => 503)) === 503);
    finish('"}');
    expect(await answer).toBe(202);
    expect(await service.ended).toBe(0);
    expect(service.said('stopped')).toHaveLength(1);
    expect(await inbox()).toBeGreaterThanOrEqual(2);
  });

  it('ends with 0 also when a request never ends, at the deadline', async () => {
    const service = await fleet.spawn('ingestor', 'ingestor-1', { MILLRACE_STOP_MS: '1500' }).ready();
    await beginPost(service);
    expect(await service.stop()).toBe(0);
    expect(service.said('not stopped in time: what was in flight is done again')).toHaveLength(1);
  });

  it('ends at once at a second one', async () => {
    const service = await fleet.spawn('ingestor', 'ingestor-1').ready();
    await beginPost(service);
    service.signal('SIGTERM');
    await service.says('stopping');
    // npm hands on what the terminal sends as well: what comes at the same time is one signal.
    await new Promise((resolve) => setTimeout(resolve, 400));
    service.signal('SIGINT');
    expect(await service.ended).toBe(130);
    expect(service.said('stopped')).toEqual([]);
  });
});
