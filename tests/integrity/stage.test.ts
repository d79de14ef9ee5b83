import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  decodeChunk,
  decodeRejectsMessage,
  encodeChunk,
  MillraceError,
  topicName,
  topicsOf,
} from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { connectKafka, type IncomingMessage, type KafkaClient, type Publisher } from '@millrace/kafka';
import {
  type ApplyFlow,
  type Flow,
  type Outcome,
  StageServer,
  type StageServerOptions,
  type TransformFlow,
} from '@millrace/stage';
import { createLogger, metrics } from '@millrace/telemetry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const brokers = (process.env.KAFKA_BROKERS ?? '').split(',');
const logger = createLogger({
  service: 'cleaner',
  instance: 'test',
  level: (process.env.TEST_LOG ?? 'silent') as 'silent',
});
const PARTS = 2;

let kafka: KafkaClient;
let publisher: Publisher;
let dataset: string;
let servers: StageServer[];
let children: ChildProcess[];
const failures: unknown[] = [];

const group = () => `${dataset}.cleaner`;
const bronze = () => topicName('bronze', dataset);
const silver = () => topicName('silver', dataset);

beforeEach(async () => {
  // Of its own for each test: the client never forgets a topic that it has used, and fails for all when one is deleted.
  kafka = await connectKafka({ brokers, clientId: 'stage-test', logger });
  publisher = await kafka.producer();
  dataset = `stage-${randomUUID()}`;
  servers = [];
  children = [];
  failures.length = 0;
  await kafka.ensureTopics(topicsOf(dataset, PARTS));
  // A broker that was just started loads its groups at the first question for them; the supervisor waits as well.
  await until(() =>
    kafka.committed(group(), []).then(
      () => true,
      () => false,
    ),
  );
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(servers.map((server) => server.close()));
  await kafka.deleteTopics(topicsOf(dataset, PARTS).map(({ topic }) => topic));
  await publisher.close();
  await kafka.close();
});

async function start(flow: Flow, changes: Partial<StageServerOptions> = {}): Promise<StageServer> {
  const plans = new Map([['plan', { name: dataset } as DatasetPlan]]);
  const options = {
    service: 'cleaner',
    group: group(),
    reads: ['bronze'],
    plans,
    stall_ms: 60_000,
    trim: false,
  } as const;
  const server = new StageServer({ ...options, ...changes } as StageServerOptions, kafka, flow, logger, (error) =>
    failures.push(error),
  );
  servers.push(server);
  await new Promise<void>((resolve, reject) => server.listen((error) => (error ? reject(error) : resolve())));
  return server;
}

/** Text messages to bronze, one after the other over its partitions. */
async function send(texts: (string | Buffer | null)[], partitions = 8): Promise<void> {
  const messages = texts.map((text, index) => ({
    topic: bronze(),
    partition: index % partitions,
    key: String(index),
    value: (typeof text === 'string' ? Buffer.from(text) : text) as Buffer,
  }));
  await publisher.publish(messages);
}

const numbered = (count: number, prefix = 'm') => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** Everything in a topic, read by a stage of its own. */
async function contents(layer: 'silver' | 'rejects'): Promise<IncomingMessage[]> {
  const seen: IncomingMessage[] = [];
  const flow: ApplyFlow = {
    begin: async () => undefined,
    apply: async (messages) => {
      seen.push(...messages);
      return {};
    },
  };
  const reader = await start(flow, { reads: [layer], group: `${dataset}.${randomUUID()}` });
  const topic = topicName(layer, dataset);
  const ends = await kafka.lag(group(), [topic]);
  const total = ends.reduce((sum, { low, high }) => sum + Number(high - low), 0);
  await until(() => seen.length >= total);
  await reader.close();
  return seen;
}

async function until(holds: () => boolean | Promise<boolean>, what = String(holds)): Promise<void> {
  const deadline = Date.now() + 40_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function lag(): Promise<number> {
  const lags = await kafka.lag(group(), [bronze()]);
  return lags.reduce((sum, item) => sum + item.lag, 0);
}

const copy: TransformFlow['transform'] = ({ partition, value }) => ({
  outputs: [{ topic: silver(), partition: partition % PARTS, key: '', value: value as Buffer }],
  counts: { rows: 1 },
});

const textsOf = (messages: IncomingMessage[]) => messages.map(({ value }) => String(value));

describe('a stage that is killed', () => {
  const program = join(import.meta.dirname, 'stage-process.mjs');

  function spawnStage(fault?: string): { child: ChildProcess; ended: Promise<NodeJS.Signals | null> } {
    const { NODE_OPTIONS: _options, MILLRACE_HOME: _home, ...rest } = process.env;
    const env = { ...rest, KAFKA_BROKERS: brokers.join(','), DATASET: dataset, MILLRACE_FAULT: fault };
    const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'inherit', 'inherit'] });
    children.push(child);
    return { child, ended: new Promise((resolve) => child.on('exit', (_code, signal) => resolve(signal))) };
  }

  it.each(['cleaner.before_ack:5', 'cleaner.after_ack:5', 'cleaner.before_commit:2', 'cleaner.after_commit:2'])(
    'at %s never has committed what is not published, and its successor does the rest',
    async (fault) => {
      const sent = numbered(100);
      await send(sent.slice(0, 50));
      const first = spawnStage(fault);
      // More comes while it runs, so that it commits several times.
      const trickle = setInterval(() => void send([`late-${Date.now()}`]), 200);
      const end = await first.ended.finally(() => clearInterval(trickle));
      expect(end).toBe('SIGKILL');
      await send(sent.slice(50));

      const published = new Set(textsOf(await contents('silver')));
      const committed = await kafka.lag(group(), [bronze()]);
      for (const { partition, committed: offset = 0n } of committed) {
        // Of the first 50, message n lies at offset floor(n / 8) of partition n % 8.
        const below = sent.slice(0, 50).filter((_, index) => index % 8 === partition && Math.floor(index / 8) < offset);
        expect(below.filter((text) => !published.has(text))).toEqual([]);
      }

      const second = spawnStage();
      await until(async () => (await lag()) === 0);
      second.child.kill('SIGTERM');
      expect(await second.ended).toBe(null);
      expect([...new Set(textsOf(await contents('silver')))]).toEqual(expect.arrayContaining(sent));
    },
  );
});

describe('topics', () => {
  it('are made by several at once, and refused with another number of partitions', async () => {
    const specs = topicsOf(`${dataset}-race`, PARTS);
    const clients = [
      kafka,
      await connectKafka({ brokers, clientId: 'other' }),
      await connectKafka({ brokers, clientId: 'third' }),
    ];
    await Promise.all(clients.map((client) => client.ensureTopics(specs)));
    await expect(kafka.ensureTopics(topicsOf(`${dataset}-race`, PARTS + 1))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      place: { topic: `silver.${dataset}-race` },
    });
    expect(await clients[1].clusterId()).toBe(await clients[2].clusterId());
    for (const client of clients.slice(1)) await client.close();
    await kafka.deleteTopics(specs.map(({ topic }) => topic));
  });
});

describe('a stage', () => {
  it('transforms every message of a partition in order and commits all of them', async () => {
    await send(numbered(200), 1);
    const seen: string[] = [];
    await start({
      transform(message) {
        seen.push(String(message.value));
        return copy(message);
      },
    });
    await until(async () => (await lag()) === 0);
    expect(seen).toEqual(numbered(200));
    expect(textsOf(await contents('silver')).sort()).toEqual(numbered(200).sort());
  });

  it('sets poison aside after a second try, and the rest goes on', async () => {
    const tries = new Map<string, number>();
    await send(['good', 'bad', 'once', 'huge', 'fine']);
    await start({
      transform(message) {
        const text = String(message.value);
        tries.set(text, (tries.get(text) ?? 0) + 1);
        if (text === 'bad') throw new TypeError('step\0 broke');
        if (text === 'once' && tries.get(text) === 1) throw new Error('only the first time');
        if (text !== 'huge') return copy(message);
        return { outputs: [{ topic: silver(), partition: 0, key: '', value: Buffer.alloc(9 << 20) }], counts: {} };
      },
    });
    await until(async () => (await lag()) === 0);
    expect(textsOf(await contents('silver')).sort()).toEqual(['fine', 'good', 'once']);
    expect(tries.get('bad')).toBe(2);
    const rejects = (await contents('rejects')).map(({ value }) => decodeRejectsMessage(value as Buffer));
    const reasons = rejects.map((reject) => reject.kind === 'set_aside' && reject.setAside);
    expect(reasons).toHaveLength(2);
    expect(reasons).toContainEqual(
      expect.objectContaining({
        code: 'STEP_THREW',
        reason: 'TypeError: step broke',
        topic: bronze(),
        partition: 1,
        offset: '0',
        source: null,
      }),
    );
    expect(reasons).toContainEqual(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE', size_bytes: 4 }));
    expect(failures).toEqual([]);
  });

  it('asks the registry for a plan that it does not know, and refuses only what that does not know either', async () => {
    const plans = new Map([['0'.repeat(16), { name: dataset } as DatasetPlan]]);
    const young = 'a'.repeat(16);
    const asked: string[] = [];
    const registry = {
      ask: async (fingerprint: string) => {
        asked.push(fingerprint);
        if (fingerprint === young) plans.set(young, { name: dataset } as DatasetPlan);
        return plans.get(fingerprint);
      },
    };
    const flow: TransformFlow = {
      transform: (message) => {
        const { plan } = decodeChunk(message.value as Buffer);
        if (!plans.has(plan)) throw new MillraceError('PLAN_UNKNOWN', plan);
        return copy(message) as Outcome;
      },
    };
    const chunkOf = (plan: string, chunk: number) =>
      encodeChunk({
        ...{ source: 1, chunk, plan, flags: 0, records: 0, first_record: 1, byte_start: 0, byte_end: 0 },
        ...{ header: Buffer.alloc(0), raw: Buffer.alloc(0) },
      });
    await start(flow, { plans, registry });
    await send([chunkOf(young, 0), chunkOf('b'.repeat(16), 1), chunkOf(young, 2)], 1);
    await until(async () => (await lag()) === 0);
    expect(asked).toEqual([young, 'b'.repeat(16)]);
    expect(await contents('silver')).toHaveLength(2);
    expect(await contents('rejects')).toHaveLength(1);
  });

  it('latches on a fault of the machine: commits nothing more, and everything comes again', async () => {
    await send(numbered(40));
    const seen: string[] = [];
    const apply = async (messages: IncomingMessage[]): Promise<Record<string, number>> => {
      seen.push(...textsOf(messages));
      throw Object.assign(new Error('disk'), { syscall: 'write' });
    };
    const broken = await start({ begin: async () => undefined, apply });
    await until(() => failures.length > 0);
    await broken.close();
    expect(seen.length).toBeGreaterThan(0);
    expect(await lag()).toBe(40);

    const again: string[] = [];
    await start({
      begin: async () => undefined,
      async apply(messages) {
        again.push(...textsOf(messages));
        return { rows: messages.length };
      },
    });
    await until(async () => (await lag()) === 0);
    expect(again.sort()).toEqual(numbered(40).sort());
  });

  it('reads from where begin says: forward with a ledger, back for a refill, never forward without a ledger', async () => {
    await send(numbered(20), 1);
    const seen: bigint[] = [];
    const ledger: ApplyFlow = {
      begin: async ({ partition }) => (partition === 0 ? 15n : undefined),
      async apply(messages) {
        seen.push(...messages.map(({ offset }) => offset));
        return {};
      },
    };
    const first = await start(ledger);
    await until(async () => (await lag()) === 0);
    await first.close();
    expect(seen).toEqual([15n, 16n, 17n, 18n, 19n]);

    const read = async (from: bigint) => {
      const offsets: bigint[] = [];
      const begun: (bigint | undefined)[] = [];
      const server = await start({
        async begin({ partition }, committed) {
          if (partition === 0) begun.push(committed);
          return partition === 0 ? from : undefined;
        },
        transform({ offset }) {
          offsets.push(offset);
          return { outputs: [], counts: {} };
        },
      });
      await send(['end'], 1);
      await until(async () => (await lag()) === 0 && offsets.length > 0);
      await server.close();
      return { offsets, begun };
    };
    expect(await read(18n)).toEqual({ offsets: [18n, 19n, 20n], begun: [20n] });
    expect(await read(500n)).toEqual({ offsets: [21n], begun: [21n] });
    expect(failures).toEqual([]);
  });

  it('shares partitions with a second member and gives them up, losing nothing', async () => {
    await send(numbered(400));
    const events: string[] = [];
    const flow = (name: string): TransformFlow => ({
      async transform(message) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return copy(message);
      },
      async begin({ partition }) {
        events.push(`${name} begins ${partition}`);
        return undefined;
      },
      lost: ({ partition }) => void events.push(`${name} loses ${partition}`),
    });
    await start(flow('first'));
    await until(async () => (await lag()) < 300);
    const second = await start(flow('second'));
    await until(() => events.some((event) => event.startsWith('second begins')));
    await second.close();
    await until(async () => (await lag()) === 0);
    expect(events.filter((event) => event.startsWith('first loses'))).toHaveLength(4);
    expect([...new Set(textsOf(await contents('silver')))].sort()).toEqual(numbered(400).sort());
    expect(failures).toEqual([]);
  });

  it('notices a topic made anew, counts the gap and takes all that the new one has', async () => {
    await send(numbered(80));
    const first = await start({ transform: copy });
    await until(async () => (await lag()) === 0);
    await first.close();
    const committed = await kafka.committed(group(), [bronze()]);
    await kafka.deleteTopics([bronze()]);
    await until(async () => {
      await kafka.ensureTopics(topicsOf(dataset, PARTS)).catch(() => {});
      return (await kafka.lag(group(), [bronze()]).catch(() => [])).length === 8;
    });
    await send(numbered(16, 'anew'));

    const seen: string[] = [];
    await start({
      // As PostgreSQL would say, which does not know that the topic is another one.
      begin: async ({ partition }) => committed.find((item) => item.partition === partition)?.offset,
      async apply(messages) {
        seen.push(...textsOf(messages));
        return {};
      },
    });
    await until(async () => seen.length >= 16 && (await lag()) === 0);
    expect(seen.sort()).toEqual(numbered(16, 'anew').sort());
    const gaps = (await metrics.offsetGaps.get()).values.filter(({ labels }) => labels.topic === bronze());
    expect(gaps[0]?.value).toBe(8);
    expect(failures).toEqual([]);
  });

  it('with trim deletes what is committed, but keeps what the flow still needs', async () => {
    await send(numbered(20), 2);
    await start(
      { transform: copy, keepFrom: ({ partition }) => (partition === 1 ? 4n : 99n) },
      { trim: true, stall_ms: 2000 },
    );
    const lows = async () => (await kafka.lag(group(), [bronze()])).slice(0, 2).map(({ low }) => low);
    await until(async () => (await lows()).every((low) => low > 0n));
    expect(await lows()).toEqual([10n, 4n]);
    expect(failures).toEqual([]);
  });

  it('ends itself when it has lag and makes no progress', async () => {
    await send(['stuck']);
    await start({ transform: () => new Promise(() => {}) }, { stall_ms: 1000 });
    await until(() => failures.length > 0);
    expect(failures[0]).toMatchObject({ code: 'STALLED' });
    expect(await lag()).toBe(1);
  });
});
