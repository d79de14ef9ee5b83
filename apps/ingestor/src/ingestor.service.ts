import type { KafkaClient, Publisher } from '@millrace/kafka';
import { type Database, ensureDataset, migrate, openDatabase, waitForDatabase } from '@millrace/postgres';
import { ENVIRONMENT, KAFKA, PLANS, type Plans, type ServiceEnvironment } from '@millrace/stage';
import { LOGGER, type Logger, ReadinessChecks } from '@millrace/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { readIngestorEnvironment } from './environment.js';
import { FLIGHT_LIMITS } from './flight.js';
import { IngestorFlow } from './ingestor.flow.js';
import { SessionLock } from './session-lock.js';

const DATABASE_WAIT_MS = 60_000;

/** Brings the database up to date and runs the flow while this process holds the lock. The first failure latches. */
@Injectable()
export class IngestorService {
  private readonly settings = readIngestorEnvironment();
  private readonly ending = new AbortController();
  private readonly opened: { close(): Promise<void> }[] = [];
  private running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(ENVIRONMENT) private readonly environment: ServiceEnvironment,
    @Inject(PLANS) private readonly plans: Plans,
    @Inject(KAFKA) private readonly kafka: KafkaClient,
    @Inject(LOGGER) private readonly log: Logger,
    @Inject(ReadinessChecks) private readonly readiness: ReadinessChecks,
  ) {}

  /** Resolves when the flow runs, or stands by for the one that does. */
  async start(fail: (error: unknown) => void): Promise<void> {
    const { DATABASE_URL: url } = this.settings;
    const role = this.environment.MILLRACE_INSTANCE ?? 'ingestor';
    await waitForDatabase(url, DATABASE_WAIT_MS);
    await migrate(url);
    const db = await this.open(openDatabase(url, { role, max: 3 }));
    for (const plan of this.plans.values()) await ensureDataset(db, plan);
    const publisher = await this.open(this.kafka.producer());
    const lock = await this.open(SessionLock.open(url, role));
    this.readiness.register('postgres', async () => (await db.query('select 1')).length === 1);
    this.running = this.run(db, publisher, lock).catch((error) => {
      if (!this.ending.signal.aborted) fail(error);
    });
  }

  async stop(): Promise<void> {
    this.ending.abort(new Error('the service ends'));
    await this.running;
    for (const resource of this.opened.reverse()) await resource.close();
  }

  private async run(db: Database, publisher: Publisher, lock: SessionLock): Promise<void> {
    const lost = new AbortController();
    const signal = AbortSignal.any([this.ending.signal, lost.signal]);
    this.log.info('waiting for the lock: one ingestor works at a time');
    await lock.hold(signal, (error) => lost.abort(error));
    this.log.info('ingestor works');
    const limits = { ...FLIGHT_LIMITS, in_flight_bytes: this.settings.MILLRACE_IN_FLIGHT_BYTES };
    const { plans, kafka, log } = this;
    await new IngestorFlow({ db, kafka, publisher, plans, log, limits, signal }).run();
  }

  private async open<T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> {
    const resource = await opening;
    this.opened.push(resource);
    return resource;
  }
}
