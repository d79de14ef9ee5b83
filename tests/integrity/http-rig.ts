import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeInboxBatch, inboxRecord, isInboxBatch, topicName, topicsOf } from '@millrace/contracts';
import { type DatasetPlan, loadPlans } from '@millrace/dataset';
import { connectKafka, type IncomingMessage, type KafkaClient } from '@millrace/kafka';
import { type Database, ensureDataset, migrate, openDatabase } from '@millrace/postgres';
import { PlanRegistry, SERVICE_VARIABLES } from '@millrace/stage';
import { createLogger, readEnvironment } from '@millrace/telemetry';
import { createDatabase, dropDatabase } from '@millrace/testkit';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { IngestHttp } from '../../apps/ingestor/src/http/ingest-http.js';
import { IngestHttpModule } from '../../apps/ingestor/src/http/ingest-http.module.js';
import { serviceModule } from '../../libs/stage/src/service.module.js';
import { readTopic } from '../harness/read-topic.js';

const TEST_LOG = (process.env.TEST_LOG ?? 'silent') as 'silent';

export interface Answer {
  status: number;
  headers: Headers;
  body: string;
  json: Record<string, unknown>;
}

/** A running server: the module alone in a Nest application, as `runService` makes it. */
export interface Server {
  app: NestFastifyApplication;
  http: IngestHttp;
  url: string;
  port: number;
  stop(): Promise<void>;
}

/** Real Kafka, real PostgreSQL, real HTTP; what comes behind the inbox is played by `apply`. */
export class HttpRig {
  private readonly servers: Server[] = [];

  private constructor(
    readonly plan: DatasetPlan,
    readonly kafka: KafkaClient,
    readonly db: Database,
    readonly database_url: string,
    private readonly datasets: string,
  ) {}

  static async start(): Promise<HttpRig> {
    const name = `http_${randomBytes(4).toString('hex')}`;
    const datasets = mkdtempSync(join(tmpdir(), 'millrace-datasets-'));
    writeFileSync(join(datasets, 'dataset.yaml'), config(name));
    const plan = [...loadPlans(datasets).values()][0];
    const database_url = await createDatabase(process.env.DATABASE_URL as string, 'http');
    await migrate(database_url);
    const db = await openDatabase(database_url, { role: 'http-rig' });
    await ensureDataset(db, plan);
    const kafka = await connectKafka({ brokers: (process.env.KAFKA_BROKERS as string).split(','), clientId: name });
    await kafka.ensureTopics(topicsOf(name, plan.parts));
    return new HttpRig(plan, kafka, db, database_url, datasets);
  }

  get topic(): string {
    return topicName('inbox', this.plan.name);
  }

  get rows(): string {
    return `/v1/datasets/${this.plan.name}/rows`;
  }

  async stop(): Promise<void> {
    for (const { app, stop } of this.servers) {
      app.getHttpServer().closeAllConnections();
      await stop();
    }
    await this.kafka.deleteTopics(topicsOf(this.plan.name, this.plan.parts).map(({ topic }) => topic));
    await this.kafka.close();
    await this.db.close();
    await dropDatabase(this.database_url);
    rmSync(this.datasets, { recursive: true, force: true });
  }

  /** @param limits MILLRACE_HTTP_* and MILLRACE_BACKLOG_* @param kafka another one in its place @param at other addresses */
  async serve(
    limits: Record<string, string> = {},
    kafka: Partial<KafkaClient> = {},
    at: { host?: string; database_url?: string } = {},
  ): Promise<Server> {
    const server = await this.listen(limits, kafka, at);
    await server.http.start();
    return server;
  }

  /** A server that is not started yet. */
  async listen(
    limits: Record<string, string> = {},
    kafka: Partial<KafkaClient> = {},
    { host = '127.0.0.1', database_url = this.database_url } = {},
  ): Promise<Server> {
    const logger = createLogger({ service: 'ingestor', instance: 'http-rig', level: TEST_LOG });
    const { KAFKA_BROKERS } = process.env;
    const values = readEnvironment(SERVICE_VARIABLES, { KAFKA_BROKERS, DATABASE_URL: database_url });
    const environment = { ...values, MILLRACE_INSTANCE: 'http-rig' };
    const plans = new Map([[this.plan.fingerprint, this.plan]]);
    const context = {
      environment,
      plans,
      registry: new PlanRegistry(plans, undefined, logger, () => {}),
      kafka: Object.assign(Object.create(this.kafka) as KafkaClient, kafka),
      logger,
    };
    Object.assign(process.env, limits);
    const app = await NestFactory.create<NestFastifyApplication>(
      serviceModule(IngestHttpModule, context),
      new FastifyAdapter(),
      { logger: false },
    );
    await app.listen(0, host);
    for (const name of Object.keys(limits)) delete process.env[name];
    const { port } = app.getHttpServer().address() as AddressInfo;
    const http = app.get(IngestHttp, { strict: false });
    let stopping: Promise<void> | undefined;
    const stop = () => {
      stopping ??= http.stop().then(() => app.close());
      return stopping;
    };
    const server = { app, http, port, url: `http://127.0.0.1:${port}`, stop };
    this.servers.push(server);
    return server;
  }

  /** Every message of the inbox, by partition and offset. */
  inbox(): Promise<IncomingMessage[]> {
    return readTopic(this.kafka, this.topic);
  }

  /** The rows of each message that has the given one among them. */
  async messagesWith(row: string): Promise<{ message: IncomingMessage; rows: string[] }[]> {
    const messages = await this.inbox();
    return messages
      .filter(({ value }) => value !== null && isInboxBatch(value))
      .map((message) => ({ message, rows: decodeInboxBatch(message.value as Buffer).rows.map(String) }))
      .filter(({ rows }) => rows.includes(row));
  }

  async source(partition: number): Promise<number> {
    const [{ id }] = await this.db.query<{ id: number }>(
      'select id from millrace.sources where topic = $1 and partition = $2 order by id desc limit 1',
      [this.topic, partition],
    );
    return id;
  }

  /**
   * Plays the stages behind the inbox for everything up to a message: one chunk with the books of this message, and what
   * else the test puts into `rejects` and `duplicates`. A key counts for its message.
   */
  async apply(
    message: IncomingMessage,
    outcome: { written?: number; duplicates?: number; rejected?: number } = {},
  ): Promise<{ source: number; record: (row: number) => number }> {
    const { partition, offset, value, headers } = message;
    const { written = 0, duplicates = 0, rejected = 0 } = outcome;
    const source = await this.source(partition);
    const record = (row: number) => inboxRecord(0n, offset, row);
    const end = inboxRecord(0n, offset + 1n, 0);
    const { rows } = decodeInboxBatch(value as Buffer);
    await this.db.transaction(async (tx) => {
      const [{ start, chunk }] = await tx.query<{ start: number; chunk: number }>(
        `select coalesce(s.next_record, 0) as start, (select count(*)::int from millrace.chunks where source = s.id) as chunk
         from millrace.sources s where id = $1 for update`,
        [source],
      );
      await tx.query(
        `insert into millrace.chunks (source, chunk, fingerprint, flags, byte_start, byte_end, first_record, records, published_at)
         values ($1, $2, $3, 0, $4, $5, $6, $7, now())`,
        [source, chunk, this.plan.fingerprint, start, end, record(0), rows.length],
      );
      await tx.query(
        "insert into millrace.manifests (source, chunk, records, rejected, skipped, slots) values ($1, $2, $3, $4, 0, '{0}')",
        [source, chunk, rows.length, rejected],
      );
      await tx.query(
        'insert into millrace.ledger (source, chunk, slot, rows, written, duplicates) values ($1, $2, 0, $3, $4, $5)',
        [source, chunk, written + duplicates, written, duplicates],
      );
      await tx.query('update millrace.sources set next_record = $2 where id = $1', [source, end]);
      await tx.query('update millrace.requests set source = $1, "offset" = $2 where dataset = $3 and key = $4', [
        source,
        offset,
        this.plan.name,
        headers['idempotency-key']?.toString() ?? '',
      ]);
    });
    return { source, record };
  }
}

/** A client that no one here wrote. @param args behind those that make it print the answer with its headers */
export async function curl(...args: string[]): Promise<Answer> {
  const child = spawn('curl', ['--silent', '--show-error', '--max-time', '20', '--include', ...args]);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (piece) => out.push(piece));
  child.stderr.on('data', (piece) => err.push(piece));
  child.stdin.on('error', () => {});
  const code = await new Promise((resolve) => child.on('close', resolve));
  const text = Buffer.concat(out).toString();
  if (text === '') throw new Error(`curl ended with ${code}: ${Buffer.concat(err)}`);
  return parseAnswer(text);
}

/** The last answer in a text of HTTP/1.1, behind a `100 Continue`. */
export function parseAnswer(text: string): Answer {
  const from = text.lastIndexOf('HTTP/1.1 ');
  const end = text.indexOf('\r\n\r\n', from);
  const [status, ...lines] = text.slice(from, end).split('\r\n');
  const headers = new Headers(lines.map((line) => line.split(/:\s*(.*)/s).slice(0, 2) as [string, string]));
  const body = text.slice(end + 4);
  const isJson = headers.get('content-type')?.includes('json') && !headers.has('transfer-encoding');
  return { status: Number(status.split(' ')[1]), headers, body, json: isJson && body ? JSON.parse(body) : {} };
}

function config(name: string): string {
  return `name: ${name}
source:
  pattern: "**/*.csv"
table: ${name}
key: id
keep: first
parts: 2
reject_threshold: 1
columns:
  - { name: id, type: text, required: true, max_bytes: 512 }
  - { name: amount, type: decimal, required: true, above: 0, precision: 18, scale: 4 }
  - { name: note, type: text, default: none }
gold: []
`;
}
