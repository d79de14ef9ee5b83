import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ARRIVED_HEADER, type Chunk, decodeChunk, topicName, topicsOf } from '@millrace/contracts';
import { type DatasetPlan, loadPlans } from '@millrace/dataset';
import { connectKafka, type IncomingMessage, type KafkaClient, type Publisher } from '@millrace/kafka';
import { type Database, ensureDataset, migrate, openDatabase } from '@millrace/postgres';
import { createLogger } from '@millrace/telemetry';
import { createDatabase, dropDatabase } from '@millrace/testkit';
import { FLIGHT_LIMITS, type FlightLimits } from '../../apps/ingestor/src/flight.js';
import { type FlowParts, IngestorFlow } from '../../apps/ingestor/src/ingestor.flow.js';
import type { ChunkRow } from '../../apps/ingestor/src/steps/chunk-row.js';
import { peopleConfig } from '../harness/people.js';
import { readTopic } from '../harness/read-topic.js';
import { StagesBehind } from '../harness/stages-behind.js';
import { until } from '../harness/until.js';

const main = join(import.meta.dirname, '../../apps/ingestor/dist/main.js');

export interface SourceRow {
  id: number;
  path: string;
  state: string;
  sealed: boolean;
  settled: boolean;
  sealed_bytes: number;
  error: { code: string; message: string } | null;
}

export interface PublishedRow extends ChunkRow {
  published_at: Date | null;
  heals: number;
}

export interface RunningFlow {
  /** @throws what the loops failed with, if they did */
  stop(): Promise<void>;
}

export interface ScanRow {
  state: string;
  files: number;
  ignored: number;
  refused: { name: string; code: string }[];
  error: { code: string; message: string } | null;
}

/** Gives up after a while that is long for the slowest machine: a test that waits for ever tells nothing. */

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
  readonly stages: StagesBehind;
  private readonly running = new Set<() => Promise<void>>();
  private flows = 0;

  private constructor(
    readonly url: string,
    readonly db: Database,
    readonly kafka: KafkaClient,
    readonly publisher: Publisher,
    readonly plan: DatasetPlan,
    private readonly datasets: string,
  ) {
    this.stages = new StagesBehind(db);
  }

  static async start(): Promise<IngestorRig> {
    const name = `ingestor_${randomBytes(4).toString('hex')}`;
    const datasets = mkdtempSync(join(tmpdir(), 'millrace-datasets-'));
    writeFileSync(join(datasets, 'dataset.yaml'), peopleConfig(name));
    const plan = [...loadPlans(datasets).values()][0];
    const url = await createDatabase(process.env.DATABASE_URL as string, 'ingestor');
    await migrate(url);
    const db = await openDatabase(url, { role: 'ingestor-rig', max: 10 });
    await ensureDataset(db, plan);
    const kafka = await connectKafka({ brokers: (process.env.KAFKA_BROKERS as string).split(','), clientId: name });
    await kafka.ensureTopics(topicsOf(plan.name, plan.parts));
    return new IngestorRig(url, db, kafka, await kafka.producer(), plan, datasets);
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.stopAll();
    this.stages.turn(false);
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

  /** One ingestor's file loops in this process, until `stop`, or until they fail: that is what `stop` throws then. */
  run({ limits, ...parts }: Partial<Omit<FlowParts, 'limits'>> & { limits?: Partial<FlightLimits> } = {}): RunningFlow {
    const { db, kafka, publisher, plan } = this;
    const ending = new AbortController();
    const flow = new IngestorFlow({
      db,
      kafka,
      publisher,
      plans: new Map([[plan.fingerprint, plan]]),
      log: createLogger({ service: 'ingestor', instance: 'rig', level: 'silent' }),
      owner: `rig-${++this.flows}`,
      quiet_ms: 60_000,
      ...parts,
      signal: AbortSignal.any([ending.signal, this.ending.signal]),
      limits: { ...FLIGHT_LIMITS, poll_ms: 50, ...limits },
    });
    const reason = new Error('the test ends it');
    const running = flow.run().catch((error) => {
      if (error !== reason) throw error;
    });
    running.catch(() => {});
    const stop = async () => {
      ending.abort(reason);
      this.running.delete(stop);
      await running;
    };
    this.running.add(stop);
    return { stop };
  }

  /** Ends what a failed test left running. */
  async stopAll(): Promise<void> {
    for (const stop of this.running) await stop().catch(() => {});
  }

  async request(path = this.directory, fingerprint = this.plan.fingerprint): Promise<number> {
    const [{ id }] = await this.db.query<{ id: number }>(
      'insert into millrace.scans (dataset, path, fingerprint) values ($1, $2, $3) returning id',
      [this.plan.name, path, fingerprint],
    );
    return id;
  }

  /** One scan from request to end. @returns its row */
  async scan(path = this.directory): Promise<ScanRow> {
    return this.finish(await this.request(path));
  }

  /** Runs an ingestor until the scan has ended. @param owner of one that was killed: its leases are this one's own */
  async finish(id: number, owner?: string): Promise<ScanRow> {
    const flow = this.run(owner === undefined ? {} : { owner });
    await this.ended(id);
    await flow.stop();
    return this.scanRow(id);
  }

  async ended(id: number): Promise<void> {
    await until(async () => ['finished', 'failed'].includes((await this.scanRow(id)).state));
  }

  async watch(path = this.directory): Promise<number> {
    const [{ id }] = await this.db.query<{ id: number }>(
      'insert into millrace.watches (dataset, path) values ($1, $2) returning id',
      [this.plan.name, path],
    );
    return id;
  }

  /** Until all that was registered is read, published and resolved. */
  async settled(): Promise<void> {
    await until(async () => {
      const sources = await this.sources();
      return sources.length > 0 && sources.every(({ settled }) => settled);
    });
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

  /** Every chunk of the bronze topic, in the order of its partitions. */
  async bronze(): Promise<Chunk[]> {
    return (await this.messages()).map(({ value }) => decodeChunk(value as Buffer));
  }

  /** When the data of each message of the bronze topic came, as it says. */
  async arrivals(): Promise<{ source: number; arrived_ms: number }[]> {
    return (await this.messages()).map(({ value, headers }) => ({
      source: decodeChunk(value as Buffer).source,
      arrived_ms: Number(headers[ARRIVED_HEADER]),
    }));
  }

  private messages(): Promise<IncomingMessage[]> {
    return readTopic(this.kafka, topicName('bronze', this.plan.name));
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
