import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Chunk, decodeChunk, topicName, topicsOf } from '@millrace/contracts';
import { type DatasetPlan, loadPlans } from '@millrace/dataset';
import { connectKafka, type KafkaClient, type Publisher } from '@millrace/kafka';
import { type Database, ensureDataset, migrate, openDatabase } from '@millrace/postgres';
import { createLogger } from '@millrace/telemetry';
import { createDatabase, dropDatabase } from '@millrace/testkit';
import { FLIGHT_LIMITS } from '../../apps/ingestor/src/flight.js';
import { IngestorFlow } from '../../apps/ingestor/src/ingestor.flow.js';
import type { ChunkRow } from '../../apps/ingestor/src/steps/chunk-row.js';

const main = join(import.meta.dirname, '../../apps/ingestor/dist/main.js');

export interface SourceRow {
  id: number;
  path: string;
  state: string;
  sealed_bytes: number;
  error: { code: string } | null;
}

export interface PublishedRow extends ChunkRow {
  published_at: Date | null;
  heals: number;
}

export interface ScanRow {
  state: string;
  files: number;
  ignored: number;
  refused: { name: string; code: string }[];
  error: { code: string; message: string } | null;
}

/**
 * The ingestor on a real broker and a real database, alone: a dataset and a database of its own, and instead of the
 * other stages a loop that gives every published chunk an empty manifest.
 */
export class IngestorRig {
  readonly home = mkdtempSync(join(tmpdir(), 'millrace-ingestor-'));
  /** What `write`, `request` and `scan` work on; each test has one of its own. */
  directory = this.home;
  private readonly ending = new AbortController();
  private readonly children: ChildProcess[] = [];
  private resolver: NodeJS.Timeout | undefined;
  private groups = 0;

  private constructor(
    readonly url: string,
    readonly db: Database,
    readonly kafka: KafkaClient,
    readonly publisher: Publisher,
    readonly plan: DatasetPlan,
    private readonly datasets: string,
  ) {}

  static async start(): Promise<IngestorRig> {
    const name = `ingestor_${randomBytes(4).toString('hex')}`;
    const datasets = mkdtempSync(join(tmpdir(), 'millrace-datasets-'));
    writeFileSync(join(datasets, 'dataset.yaml'), config(name));
    const plan = [...loadPlans(datasets).values()][0];
    const url = await createDatabase(process.env.DATABASE_URL as string, 'ingestor');
    await migrate(url);
    const db = await openDatabase(url, { role: 'ingestor-rig' });
    await ensureDataset(db, plan);
    const kafka = await connectKafka({ brokers: (process.env.KAFKA_BROKERS as string).split(','), clientId: name });
    await kafka.ensureTopics(topicsOf(plan.name, plan.parts));
    return new IngestorRig(url, db, kafka, await kafka.producer(), plan, datasets);
  }

  async stop(): Promise<void> {
    this.ending.abort();
    this.resolve(false);
    for (const child of this.children) child.kill('SIGKILL');
    await this.publisher.close();
    await this.kafka.deleteTopics(topicsOf(this.plan.name, this.plan.parts).map(({ topic }) => topic));
    await this.kafka.close();
    await this.db.close();
    await dropDatabase(this.url);
    rmSync(this.home, { recursive: true, force: true });
    rmSync(this.datasets, { recursive: true, force: true });
  }

  enter(name: string): void {
    this.directory = join(this.home, name);
    mkdirSync(this.directory);
  }

  at(name: string): string {
    return join(this.directory, name);
  }

  write(name: string, content: string | Buffer): string {
    mkdirSync(dirname(this.at(name)), { recursive: true });
    writeFileSync(this.at(name), content);
    return this.at(name);
  }

  /** Stands for the stages behind: everything published gets its outcome, as long as it is on. */
  resolve(on: boolean): void {
    clearInterval(this.resolver);
    this.resolver = on ? setInterval(() => void this.resolveNow().catch(() => {}), 25) : undefined;
  }

  resolveNow(): Promise<unknown> {
    return this.db.query(
      `insert into millrace.manifests (source, chunk, records, rejected, skipped, slots)
       select source, chunk, records, records, 0, '{}' from millrace.chunks
       where published_at is not null and not exists (
         select from millrace.manifests m where m.source = chunks.source and m.chunk = chunks.chunk)
       on conflict do nothing`,
    );
  }

  flow(limits: Partial<typeof FLIGHT_LIMITS> = {}, signal = this.ending.signal): IngestorFlow {
    const { db, kafka, publisher, plan } = this;
    const log = createLogger({ service: 'ingestor', instance: 'rig', level: 'silent' });
    const plans = new Map([[plan.fingerprint, plan]]);
    return new IngestorFlow({
      db,
      kafka,
      publisher,
      plans,
      log,
      signal,
      limits: { ...FLIGHT_LIMITS, poll_ms: 50, ...limits },
    });
  }

  async request(path = this.directory): Promise<number> {
    const [{ id }] = await this.db.query<{ id: number }>(
      'insert into millrace.scans (dataset, path, fingerprint) values ($1, $2, $3) returning id',
      [this.plan.name, path, this.plan.fingerprint],
    );
    return id;
  }

  /** One scan from request to end. @returns its row */
  async scan(path = this.directory): Promise<ScanRow> {
    const id = await this.request(path);
    await this.flow().work();
    return this.scanRow(id);
  }

  async scanRow(id: number): Promise<ScanRow> {
    return (await this.db.query<ScanRow>('select * from millrace.scans where id = $1', [id]))[0];
  }

  async sources(): Promise<SourceRow[]> {
    const rows = await this.db.query<SourceRow>('select * from millrace.sources order by id');
    return rows.filter(({ path }) => path.startsWith(`${this.directory}/`));
  }

  /** The source of a path; the newest where it had several. */
  async source(name: string): Promise<SourceRow> {
    const found = (await this.sources()).findLast(({ path }) => path === this.at(name));
    if (!found) throw new Error(`no source for ${name}`);
    return found;
  }

  async chunkRows(source: number): Promise<PublishedRow[]> {
    return this.db.query<PublishedRow>('select * from millrace.chunks where source = $1 order by chunk', [source]);
  }

  /** Every message of the bronze topic, in the order of its partitions. */
  async bronze(): Promise<Chunk[]> {
    const topic = topicName('bronze', this.plan.name);
    const group = `${this.plan.name}-${++this.groups}`;
    const bounds = await this.kafka.lag(group, [topic]);
    const missing = new Map(bounds.filter(({ lag }) => lag > 0).map(({ partition, high }) => [partition, high]));
    const chunks: Chunk[] = [];
    if (missing.size === 0) return chunks;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const consumer = this.kafka.consumer({
      group,
      topics: [topic],
      onAssigned() {},
      onOutOfRange() {},
      onCrash: reject,
      async onBatch({ partition, messages, taken }) {
        for (const { value, offset } of messages) {
          chunks.push(decodeChunk(value as Buffer));
          taken(offset);
          if (offset + 1n >= (missing.get(partition) ?? -1n)) missing.delete(partition);
        }
        if (missing.size === 0) resolve();
      },
    });
    await consumer.start();
    await promise;
    await consumer.close();
    return chunks;
  }

  /** The service as it is deployed. @returns its process, which resolves its exit with a signal or code */
  spawn(env: Record<string, string> = {}): { child: ChildProcess; exit: Promise<number | NodeJS.Signals | null> } {
    const child = spawn(process.execPath, [main], {
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        DATABASE_URL: this.url,
        MILLRACE_DATASETS: this.datasets,
        MILLRACE_HOME: this.home,
        MILLRACE_LOG_LEVEL: 'error',
        ...env,
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    this.children.push(child);
    const exit = new Promise<number | NodeJS.Signals | null>((resolve) => {
      child.on('exit', (code, signal) => resolve(signal ?? code));
    });
    return { child, exit };
  }
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
  - { name: name, type: text, default: nobody }
gold: []
`;
}
