import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ARRIVED_HEADER,
  type Chunk,
  decodeChunk,
  ENTRY_KIND,
  type Entry,
  KEY_HEADER,
  readEntry,
  topicName,
  topicsOf,
} from '@millrace/contracts';
import { type DatasetPlan, loadPlans } from '@millrace/dataset';
import { connectKafka, type KafkaClient, type Publisher } from '@millrace/kafka';
import { type Database, ensureDataset, migrate, openDatabase } from '@millrace/postgres';
import { createLogger, LOG_LEVELS } from '@millrace/telemetry';
import { createDatabase, dropDatabase } from '@millrace/testkit';
import { type CompressionTypes, Kafka, logLevel, type Producer } from 'kafkajs';
import { FLIGHT_LIMITS } from '../../apps/ingestor/src/flight.js';
import { InboxFlow, type InboxParts } from '../../apps/ingestor/src/inbox/inbox.flow.js';
import { type InboxEnvironment, InboxReader } from '../../apps/ingestor/src/inbox/inbox-reader.js';
import { peopleConfig } from '../harness/people.js';
import { readTopic } from '../harness/read-topic.js';
import { StagesBehind } from '../harness/stages-behind.js';
import { until } from '../harness/until.js';

const program = join(import.meta.dirname, 'inbox-process.mjs');
const brokers = (process.env.KAFKA_BROKERS ?? '').split(',');
const level = LOG_LEVELS.find((name) => name === process.env.TEST_LOG) ?? 'silent';
const log = createLogger({ service: 'ingestor', instance: 'rig', level });

export interface Sent {
  partition?: number;
  value: string | Buffer | null;
  key?: string;
  headers?: Record<string, string>;
}

export interface SourceRow {
  id: number;
  partition: number;
  topic_id: string;
  next_record: number;
  state: string;
  settled: boolean;
  error: { code: string; message: string } | null;
}

export interface ChunkRow {
  source: number;
  chunk: number;
  byte_start: number;
  byte_end: number;
  first_record: number;
  records: number;
  dropped: string[] | null;
  published_at: Date | null;
  heals: number;
}

/** A chunk as it stands in bronze. */
export interface Published extends Chunk {
  value: Buffer;
  arrived_ms: number | undefined;
}

export interface Running {
  failures: unknown[];
  /** Ends it as a failure of the process would: what is in hand is left. */
  stop(): Promise<void>;
}

/** The reader of an inbox on a real broker and a real database, alone: a dataset, a database and topics of its own. */
export class InboxRig {
  private readonly running = new Set<Running>();
  private readonly children: ChildProcess[] = [];
  readonly stages: StagesBehind;

  private constructor(
    private readonly directory: string,
    readonly url: string,
    readonly db: Database,
    readonly kafka: KafkaClient,
    readonly publisher: Publisher,
    readonly plan: DatasetPlan,
    readonly producer: Producer,
  ) {
    this.stages = new StagesBehind(db);
  }

  static async start(): Promise<InboxRig> {
    const name = `inbox_${randomBytes(4).toString('hex')}`;
    const directory = mkdtempSync(join(tmpdir(), 'millrace-inbox-'));
    writeFileSync(join(directory, 'dataset.yaml'), peopleConfig(name));
    const plan = [...loadPlans(directory).values()][0];
    const url = await createDatabase(process.env.DATABASE_URL as string, 'inbox');
    await migrate(url);
    const db = await openDatabase(url, { role: 'inbox-rig', max: 8 });
    await ensureDataset(db, plan);
    const kafka = await connectKafka({ brokers, clientId: name });
    await kafka.ensureTopics(topicsOf(plan.name, plan.parts));
    // Another's client: kafkajs as anyone would use it.
    const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer({ allowAutoTopicCreation: false });
    await producer.connect();
    const rig = new InboxRig(directory, url, db, kafka, await kafka.producer(), plan, producer);
    // A broker that has just started loads its groups first, which ends a consumer that joins.
    await kafka.committed(rig.group, [rig.topic]);
    return rig;
  }

  get topic(): string {
    return topicName('inbox', this.plan.name);
  }

  get group(): string {
    return `${this.plan.name}.ingestor`;
  }

  async close(): Promise<void> {
    this.stages.turn(false);
    for (const child of this.children) child.kill('SIGKILL');
    for (const one of [...this.running]) await one.stop();
    await this.producer.disconnect();
    await this.publisher.close();
    await this.kafka.deleteTopics(topicsOf(this.plan.name, this.plan.parts).map(({ topic }) => topic));
    await this.kafka.close();
    await this.db.close();
    await dropDatabase(this.url);
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** A reader as the service runs it, as a member of the group. */
  async read(changes: Partial<InboxParts> = {}, environment: Partial<InboxEnvironment> = {}): Promise<Running> {
    const failures: unknown[] = [];
    const home = mkdtempSync(join(this.directory, 'home-'));
    const env = { MILLRACE_HOME: home, MILLRACE_STALL_MS: 60_000, MILLRACE_TRIM: false, ...environment };
    const kafka = await connectKafka({ brokers, clientId: 'inbox-reader', logger: log });
    const reader = new InboxReader(
      this.parts({ kafka, ...changes }),
      { MILLRACE_INSTANCE: 'ingestor', ...env },
      (error) => failures.push(error),
    );
    const running = {
      failures,
      stop: async () => {
        if (!this.running.delete(running)) return;
        await reader.stop();
        await kafka.close();
      },
    };
    this.running.add(running);
    await reader.start();
    return running;
  }

  /** A reader in a process of its own. @returns with how it ended: the signal, or the exit code */
  spawn(fault?: string): { child: ChildProcess; exit: Promise<number | NodeJS.Signals | null> } {
    const { NODE_OPTIONS: _options, ...rest } = process.env;
    const own = { DATABASE_URL: this.url, MILLRACE_DATASETS: this.directory, GROUP: this.group };
    const env = { ...rest, ...own, MILLRACE_HOME: join(this.directory, 'home'), MILLRACE_FAULT: fault };
    const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'inherit', 'inherit'] });
    this.children.push(child);
    return { child, exit: new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal ?? code))) };
  }

  /** The flow by itself, to be given messages by hand. */
  flow(changes: Partial<InboxParts> = {}): InboxFlow & Running {
    const failures: unknown[] = [];
    const flow = new InboxFlow(this.parts(changes), (error) => failures.push(error));
    const running = Object.assign(flow, {
      failures,
      stop: async () => {
        if (this.running.delete(running)) await flow.close();
      },
    });
    this.running.add(running);
    return running;
  }

  private parts(changes: Partial<InboxParts>): InboxParts {
    const { db, kafka, publisher, plan, group } = this;
    const limits = { ...FLIGHT_LIMITS, poll_ms: 50, quiet_ms: 300, ...changes.limits };
    return { db, kafka, publisher, plans: new Map([[plan.fingerprint, plan]]), group, log, ...changes, limits };
  }

  /** @returns the offsets */
  async send(messages: Sent[], compression?: CompressionTypes): Promise<bigint[]> {
    const offsets: bigint[] = [];
    for (const { partition = 0, value, key, headers } of messages) {
      const all = { ...headers, ...(key === undefined ? {} : { [KEY_HEADER]: key }) };
      const [{ baseOffset }] = await this.producer.send({
        topic: this.topic,
        compression,
        messages: [{ partition, value, headers: all }],
      });
      offsets.push(BigInt(baseOffset ?? -1));
    }
    return offsets;
  }

  /** Nobody reads bronze here: makes it look read, as nothing is lost as long as something lags. */
  async emptyBronze(): Promise<void> {
    const topic = topicName('bronze', this.plan.name);
    const ends = (await this.kafka.lag('nobody', [topic])).filter(({ lag }) => lag > 0);
    await this.kafka.deleteRecords(
      topic,
      ends.map(({ partition, high }) => ({ partition, offset: high })),
    );
  }

  sources(): Promise<SourceRow[]> {
    return this.db.query(`select * from millrace.sources where kind = 'inbox' order by id`);
  }

  async source(partition: number): Promise<SourceRow> {
    return (await this.sources()).filter((source) => source.partition === partition).at(-1) as SourceRow;
  }

  chunks(source?: number): Promise<ChunkRow[]> {
    return this.db.query('select * from millrace.chunks where $1::int is null or source = $1 order by source, chunk', [
      source ?? null,
    ]);
  }

  /** Records and rows that were recorded, of all sources. */
  async recorded(): Promise<number> {
    const [{ rows }] = await this.db.query<{ rows: number }>(
      'select coalesce(sum(records), 0)::bigint as rows from millrace.chunks',
    );
    return rows;
  }

  /** Every message of the bronze topic, in the order of its partitions. */
  async bronze(): Promise<Published[]> {
    const messages = await readTopic(this.kafka, topicName('bronze', this.plan.name));
    return messages.map(({ value, headers }) => {
      const arrived_ms = headers[ARRIVED_HEADER] ? Number(headers[ARRIVED_HEADER]) : undefined;
      return { ...decodeChunk(value as Buffer), value: value as Buffer, arrived_ms };
    });
  }

  /** The rows in bronze by record number, each source's by itself; each chunk once, and the same bytes however often it came. */
  async rows(source: number): Promise<[record: number, kind: string, text: string][]> {
    const chunks = new Map<number, Published>();
    for (const chunk of await this.bronze()) {
      if (chunk.source !== source) continue;
      const before = chunks.get(chunk.chunk);
      if (before && !before.value.equals(chunk.value)) throw new Error(`chunk ${chunk.chunk} came with other bytes`);
      chunks.set(chunk.chunk, chunk);
    }
    return [...chunks.values()].sort((a, b) => a.chunk - b.chunk).flatMap(entriesOf);
  }

  /** Deletes the inbox topic and makes it anew. */
  async recreate(): Promise<void> {
    await this.kafka.deleteTopics([this.topic]);
    const [spec] = topicsOf(this.plan.name, this.plan.parts);
    await until(async () => {
      await this.kafka.ensureTopics([spec]).catch(() => {});
      return (await this.kafka.topicIds([this.topic])).size === 1;
    });
  }
}

function entriesOf({ raw, first_record }: Chunk): [number, string, string][] {
  const names = Object.entries(ENTRY_KIND);
  const rows: [number, string, string][] = [];
  const entry = {} as Entry;
  for (let at = 0; at < raw.length; at = entry.end) {
    readEntry(raw, at, entry);
    const kind = names.find(([, number]) => number === entry.kind)?.[0] as string;
    rows.push([first_record + entry.distance, kind, raw.toString('latin1', entry.start, entry.end)]);
  }
  return rows;
}
