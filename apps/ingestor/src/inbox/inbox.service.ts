import type { KafkaClient } from '@millrace/kafka';
import { openDatabase } from '@millrace/postgres';
import { ENVIRONMENT, KAFKA, type PlanRegistry, REGISTRY, type ServiceEnvironment } from '@millrace/stage';
import { LOGGER, type Logger, ReadinessChecks } from '@millrace/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { readIngestorEnvironment } from '../environment.js';
import { FLIGHT_LIMITS } from '../flight.js';
import type { PauseWatch } from '../pause-watch.js';
import { InboxReader } from './inbox-reader.js';

/** One transaction at a time; outcomes and the beginnings of partitions beside it. */
const CONNECTIONS = 4;

/** The inbox within the service: what it needs is opened with it, and closed with it. */
@Injectable()
export class InboxService {
  private readonly settings = readIngestorEnvironment();
  private readonly opened: ((drain_ms?: number) => Promise<void>)[] = [];

  constructor(
    @Inject(ENVIRONMENT) private readonly environment: ServiceEnvironment,
    @Inject(REGISTRY) private readonly registry: PlanRegistry,
    @Inject(KAFKA) private readonly kafka: KafkaClient,
    @Inject(LOGGER) private readonly log: Logger,
    @Inject(ReadinessChecks) private readonly readiness: ReadinessChecks,
  ) {}

  /**
   * The database has its schema and Kafka its topics. Resolves when the group is being joined.
   * @param pauses kept up to date by whoever made them
   * @param fail is told of the first failure, after which the process has to end
   */
  async start(fail: (error: unknown) => void, pauses: PauseWatch): Promise<void> {
    const { environment, registry, kafka, log, settings } = this;
    const { plans } = registry;
    const role = `${environment.MILLRACE_INSTANCE} inbox`;
    const db = await openDatabase(settings.DATABASE_URL, { role, max: CONNECTIONS });
    this.opened.push(() => db.close());
    const publisher = await kafka.producer();
    this.opened.push(() => publisher.close());
    const { MILLRACE_CONTRACT: contract } = environment;
    const limits = { ...FLIGHT_LIMITS, in_flight_bytes: settings.MILLRACE_IN_FLIGHT_BYTES };
    const parts = { db, kafka, publisher, plans, registry, log, limits, contract, pauses };
    const reader = new InboxReader(parts, environment, fail);
    this.opened.push((drain_ms) => reader.stop(drain_ms));
    this.readiness.register('inbox', () => reader.isReady);
    await reader.start();
  }

  /** @param drain_ms for what is in hand */
  async stop(drain_ms?: number): Promise<void> {
    for (const close of this.opened.splice(0).reverse()) await close(drain_ms);
  }
}
