import type { KafkaClient } from '@millrace/kafka';
import { type Database, openDatabase, waitForDatabase } from '@millrace/postgres';
import {
  currentPlans,
  ENVIRONMENT,
  KAFKA,
  type PlanRegistry,
  REGISTRY,
  type ServiceEnvironment,
} from '@millrace/stage';
import { LOGGER, type Logger, ReadinessChecks } from '@millrace/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { readIngestorEnvironment } from './environment.js';
import { FLIGHT_LIMITS } from './flight.js';
import { Housekeeping } from './housekeeping.js';
import { IngestHttp } from './http/ingest-http.js';
import { InFlightBytes } from './in-flight.js';
import { InboxService } from './inbox/inbox.service.js';
import { IngestorFlow } from './ingestor.flow.js';
import { PauseWatch } from './pause-watch.js';
import { PlanRegistration } from './plan-registration.js';
import { StorageWatch } from './storage/storage-watch.js';

const DATABASE_WAIT_MS = 60_000;
/** Loops that ask at once: leases, scans, watches, republications, pauses, compaction; and of each dataset cutting, settling and outcomes. */
const CONNECTIONS = 7;
const CONNECTIONS_OF_DATASET = 2;

/**
 * Runs what brings data: files, the inbox, HTTP. They end in the opposite order.
 * The first failure latches.
 */
@Injectable()
export class IngestorService {
  private readonly settings = readIngestorEnvironment();
  private readonly ending = new AbortController();
  private readonly opened: { close(): Promise<void> }[] = [];
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(ENVIRONMENT) private readonly environment: ServiceEnvironment,
    @Inject(REGISTRY) private readonly registry: PlanRegistry,
    @Inject(KAFKA) private readonly kafka: KafkaClient,
    @Inject(LOGGER) private readonly log: Logger,
    @Inject(ReadinessChecks) private readonly readiness: ReadinessChecks,
    @Inject(InboxService) private readonly inbox: InboxService,
    @Inject(IngestHttp) private readonly http: IngestHttp,
  ) {}

  /** Resolves when everything runs. */
  async start(fail: (error: unknown) => void): Promise<void> {
    const { DATABASE_URL: url } = this.settings;
    const { MILLRACE_INSTANCE: instance } = this.environment;
    await waitForDatabase(url, DATABASE_WAIT_MS);
    const max = CONNECTIONS + CONNECTIONS_OF_DATASET * currentPlans(this.registry.plans).size;
    const db = await this.open(openDatabase(url, { role: instance, max }));
    const registration = new PlanRegistration(db, this.registry, this.log);
    await registration.begin();
    this.readiness.register('postgres', async () => (await db.query('select 1')).length === 1);
    // Two on one machine that nobody has named must not take each other's leases for their own.
    const owner = process.env.MILLRACE_INSTANCE ? instance : `${instance}:${process.pid}`;
    const pauses = await this.readPauses(db);
    await this.runFiles(db, owner, { registration, pauses }, fail);
    await this.inbox.start(fail, pauses);
    await this.http.start();
    const { kafka, log, registry, settings } = this;
    const interval_ms = settings.MILLRACE_STORAGE_METRICS_MS;
    const storage = { db, database_url: url, kafka, plans: registry.plans, owner, log, interval_ms };
    if (interval_ms > 0) this.opened.push(new StorageWatch(storage));
    this.log.info('ingestor works');
  }

  /** @param within_ms how long it may take; requests under way come first */
  async stop(within_ms: number): Promise<void> {
    await this.http.stop(within_ms / 2);
    await this.inbox.stop(within_ms / 3);
    this.ending.abort(new Error('the service ends'));
    await this.running;
    for (const resource of this.opened.splice(0).reverse()) await resource.close();
  }

  private async runFiles(
    db: Database,
    owner: string,
    { registration, pauses }: { registration: PlanRegistration; pauses: PauseWatch },
    fail: (error: unknown) => void,
  ): Promise<void> {
    const { registry, kafka, log, settings } = this;
    const { plans } = registry;
    const { signal } = this.ending;
    const { MILLRACE_CONTRACT: contract } = this.environment;
    const publisher = await this.open(kafka.producer());
    const limits = { ...FLIGHT_LIMITS, in_flight_bytes: settings.MILLRACE_IN_FLIGHT_BYTES };
    const in_flight = new InFlightBytes(limits.in_flight_bytes);
    const quiet_ms = settings.MILLRACE_QUIET_MS;
    const flow = new IngestorFlow({
      ...{ db, kafka, publisher, plans, registry, log, contract },
      ...{ limits, in_flight, pauses, owner, quiet_ms, signal },
    });
    const loops = [flow.run(), new Housekeeping(db, log).run(signal), registration.run(signal), pauses.run(signal)];
    this.running = Promise.allSettled(loops);
    for (const loop of loops) {
      loop.catch((error) => {
        if (!signal.aborted) fail(error);
      });
    }
  }

  /** Before anything runs: nothing of a dataset that is paused may be taken meanwhile. */
  private async readPauses(db: Database): Promise<PauseWatch> {
    const { plans } = this.registry;
    const pauses = new PauseWatch({ db, log: this.log, datasets: () => currentPlans(plans).keys() });
    await pauses.refresh();
    return pauses;
  }

  private async open<T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> {
    const resource = await opening;
    this.opened.push(resource);
    return resource;
  }
}
