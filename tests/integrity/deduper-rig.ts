import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { hashKey, partOfHash } from '@millrace/columnar';
import {
  decodeBatch,
  encodeBatch,
  groupOf,
  SUSPECTS_HEADER,
  screenedBatch,
  topicName,
  topicsOf,
} from '@millrace/contracts';
import { type DatasetPlan, loadPlans } from '@millrace/dataset';
import {
  connectKafka,
  type GroupConsumer,
  type IncomingMessage,
  type KafkaClient,
  type Publisher,
} from '@millrace/kafka';
import { type Database, ensureDataset, migrate, openDatabase } from '@millrace/postgres';
import { createDatabase, dropDatabase } from '@millrace/testkit';

const main = join(import.meta.dirname, '../../apps/deduper/dist/main.js');
const brokers = (process.env.KAFKA_BROKERS ?? '').split(',');
export const PARTS = 4;
const ROWS = 500;

/** What a screened message says of one key. */
export interface Verdict {
  key: string;
  suspect: boolean;
}

/** A line of the service's log. */
export type Line = Record<string, unknown> & { msg: string };

/**
 * A real deduper process between a test that plays the cleaner and one that plays the aggregator, with a dataset,
 * topics and a database of its own.
 */
export class DeduperRig {
  readonly home = mkdtempSync(join(tmpdir(), 'millrace-deduper-'));
  readonly dataset = `dedup_${randomBytes(5).toString('hex')}`;
  readonly lines: Line[] = [];
  readonly silver = topicName('silver', this.dataset);
  readonly screened: IncomingMessage[] = [];
  readonly rejects: IncomingMessage[] = [];
  plan!: DatasetPlan;
  database!: Database;
  kafka!: KafkaClient;
  private publisher!: Publisher;
  private collector!: GroupConsumer;
  private database_url!: string;
  private child: ChildProcess | undefined;
  /** Keys of every batch sent, by `source/chunk/slot`, with the bytes that were sent. */
  readonly sent = new Map<string, { keys: string[]; value: Buffer }>();
  private chunk = 0;

  async open(): Promise<void> {
    const { dataset } = this;
    mkdirSync(join(this.home, 'datasets'));
    writeFileSync(join(this.home, 'datasets', 'dataset.yaml'), configOf(dataset));
    [this.plan] = loadPlans(join(this.home, 'datasets')).values();
    this.database_url = await createDatabase(process.env.DATABASE_URL ?? '', 'deduper');
    await migrate(this.database_url);
    this.database = await openDatabase(this.database_url, { max: 2 });
    await ensureDataset(this.database, this.plan);
    this.kafka = await connectKafka({ brokers, clientId: 'deduper-rig' });
    await this.kafka.ensureTopics(topicsOf(dataset, PARTS));
    this.publisher = await this.kafka.producer();
    await this.collect();
  }

  async close(): Promise<void> {
    // Gently, so that the next one's group need not wait for the session of a dead member.
    await this.stop('SIGTERM');
    await this.collector?.close();
    await this.publisher?.close();
    await this.kafka?.deleteTopics(topicsOf(this.dataset, PARTS).map(({ topic }) => topic));
    await this.kafka?.close();
    await this.database?.close();
    if (this.database_url) await dropDatabase(this.database_url);
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Resolves when the new process has its partitions. */
  async start(env: Record<string, string> = {}): Promise<void> {
    this.lines.length = 0;
    const child = spawn(process.execPath, [main], {
      env: {
        PATH: process.env.PATH,
        KAFKA_BROKERS: brokers.join(','),
        DATABASE_URL: this.database_url,
        MILLRACE_HOME: this.home,
        MILLRACE_DATASETS: join(this.home, 'datasets'),
        MILLRACE_INSTANCE: 'deduper-1',
        MILLRACE_LOG_LEVEL: 'debug',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child = child;
    createInterface({ input: child.stdout }).on('line', (line) => this.lines.push(JSON.parse(line)));
    await this.until(() => this.said('assignment settled').length > 0, 'assignment settled');
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.child?.kill(signal);
    await this.ended();
  }

  /** The process is gone, by whatever. */
  async ended(): Promise<void> {
    await this.until(() => this.child?.exitCode !== null || this.child.signalCode !== null, 'end of the process');
  }

  said(msg: string): Line[] {
    return this.lines.filter((line) => line.msg === msg);
  }

  /** Publishes the keys to silver as one chunk. @returns the names of its batches */
  async send(keys: string[]): Promise<string[]> {
    const chunk = ++this.chunk;
    const names: string[] = [];
    const batches = [...this.byPart(keys)].flatMap(([part, own]) =>
      Array.from({ length: Math.ceil(own.length / ROWS) }, (_, sub) => {
        const slot = sub * PARTS + part;
        const rows = own.slice(sub * ROWS, (sub + 1) * ROWS);
        const value = this.batch(chunk, slot, rows);
        names.push(`1/${chunk}/${slot}`);
        this.sent.set(`1/${chunk}/${slot}`, { keys: rows, value });
        return { topic: this.silver, partition: part, key: '', value };
      }),
    );
    await this.publisher.publish(batches);
    return names;
  }

  /** Publishes any bytes to silver. */
  async sendRaw(partition: number, value: Buffer): Promise<void> {
    await this.publisher.publish([{ topic: this.silver, partition, key: '', value }]);
  }

  batch(chunk: number, slot: number, keys: string[]): Buffer {
    const hashes = new Uint32Array(keys.length * 2);
    for (const [row, key] of keys.entries()) hashKey(Buffer.from(key), 0, Buffer.byteLength(key), hashes, row);
    const identity = { source: 1, chunk, plan: this.plan.fingerprint, slot, parts: PARTS };
    return encodeBatch({ ...identity, rows: keys.length, first_record: 1, hashes }, randomBytes(64));
  }

  /** Waits for these batches on `screened`. @returns what was said of their keys when they last came */
  async verdicts(names: string[]): Promise<Verdict[]> {
    await this.until(() => names.every((name) => this.arrived(name).length > 0), `${names.length} batches`);
    return names.flatMap((name) => {
      const suspects = this.arrived(name).at(-1)?.headers[SUSPECTS_HEADER] ?? Buffer.alloc(0);
      const { keys } = this.sent.get(name) as { keys: string[] };
      return keys.map((key, row) => ({ key, suspect: ((suspects[row >> 3] >> (row & 7)) & 1) === 1 }));
    });
  }

  /** The messages on `screened` that are this batch. */
  arrived(name: string): IncomingMessage[] {
    const silver = this.sent.get(name)?.value as Buffer;
    const value = screenedBatch(silver, decodeBatch(silver));
    return this.screened.filter((message) => message.value?.equals(value));
  }

  /** Until the deduper has committed all of silver. */
  async caughtUp(): Promise<void> {
    await this.until(async () => {
      const lags = await this.kafka.lag(groupOf('deduper'), [this.silver]);
      return lags.every(({ lag }) => lag === 0);
    }, 'no lag');
  }

  /** As if everything on silver had been consumed and deleted. */
  async trimSilver(): Promise<void> {
    const lags = await this.kafka.lag(groupOf('deduper'), [this.silver]);
    const ends = lags.map(({ partition, high }) => ({ partition, offset: high }));
    await this.kafka.deleteRecords(this.silver, ends);
  }

  /** As if the aggregator had written these rows. */
  async write(keys: string[]): Promise<void> {
    await this.database.query(
      `insert into "${this.dataset}" (id, region, _source, _record) select key, 'north', 1, 1 from unnest($1::text[]) key
       on conflict do nothing`,
      [keys],
    );
  }

  loseSnapshots(): void {
    rmSync(join(this.home, 'deduper'), { recursive: true, force: true });
  }

  async until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const deadline = Date.now() + 40_000;
    while (!(await holds())) {
      if (Date.now() > deadline)
        throw new Error(`never: ${what}; the log ends with ${JSON.stringify(this.lines.slice(-5))}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  private byPart(keys: string[]): Map<number, string[]> {
    const lanes = new Uint32Array(2);
    return Map.groupBy(keys, (key) => {
      hashKey(Buffer.from(key), 0, Buffer.byteLength(key), lanes, 0);
      return partOfHash(lanes[0], lanes[1], PARTS);
    });
  }

  private async collect(): Promise<void> {
    const [screened, rejects] = [topicName('screened', this.dataset), topicName('rejects', this.dataset)];
    let joined = false;
    this.collector = this.kafka.consumer({
      group: `deduper-rig-${randomUUID()}`,
      topics: [screened, rejects],
      onAssigned: () => {
        joined = true;
      },
      onBatch: async (batch) => {
        for (const message of batch.messages) {
          (batch.topic === screened ? this.screened : this.rejects).push(message);
          batch.taken(message.offset);
        }
      },
      onOutOfRange: () => {},
      onCrash: (error) => {
        throw error;
      },
    });
    await this.collector.start();
    await this.until(() => joined, 'collector joined');
  }
}

function configOf(dataset: string): string {
  return `
name: ${dataset}
table: ${dataset}
key: id
parts: ${PARTS}
columns:
  - { name: id, type: text, required: true, max_bytes: 100 }
  - { name: region, type: text, default: north, dimension: true }
`;
}
