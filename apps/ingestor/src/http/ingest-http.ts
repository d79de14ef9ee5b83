import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import type { KafkaClient } from '@millrace/kafka';
import { openDatabase } from '@millrace/postgres';
import {
  currentPlan,
  currentPlans,
  ENVIRONMENT,
  KAFKA,
  PLANS,
  type Plans,
  type ServiceEnvironment,
} from '@millrace/stage';
import { LOGGER, type Logger, metrics } from '@millrace/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import type { AcceptParts } from './accept-rows.js';
import { Access, type Caller } from './access/access.js';
import { FailedAttempts } from './access/failed-attempts.js';
import { KeyRing } from './access/key-ring.js';
import { isLoopbackName } from './access/peer.js';
import { Backlog, full, IN_HAND_BODIES, MAX_BACKLOG_REQUESTS, REQUEST_BYTES } from './backlog.js';
import { BacklogWatch } from './backlog-watch.js';
import { RETRY_AFTER_S } from './drain-rate.js';
import { InboxLag } from './inbox-lag.js';
import { InboxWriter } from './inbox-writer.js';
import { HttpProblem } from './problem.js';
import { readHttpSettings } from './settings.js';

const CONNECTIONS = 4;
/** How long a stop waits for requests under way, unless said otherwise. */
const DRAIN_MS = 10_000;
/** At once; of bodies there are far fewer in hand. */
const MAX_REQUESTS = 1000;

interface Parts extends AcceptParts {
  access: Access;
}

/** What the routes below /v1 work with, from `start` to `stop`; outside of that they answer 503. */
@Injectable()
export class IngestHttp {
  readonly settings = readHttpSettings();
  private readonly opened: (() => Promise<void>)[] = [];
  private readonly running = new Set<Promise<unknown>>();
  private parts: Parts | undefined;

  constructor(
    @Inject(ENVIRONMENT) private readonly environment: ServiceEnvironment,
    @Inject(PLANS) private readonly plans: Plans,
    @Inject(KAFKA) private readonly kafka: KafkaClient,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** The current plans, by name. */
  get datasets(): ReadonlyMap<string, DatasetPlan> {
    return currentPlans(this.plans);
  }

  /** The database has its schema and Kafka its topics. Resolves when requests are taken. */
  async start(): Promise<void> {
    const { settings, kafka, log } = this;
    const { DATABASE_URL: url, MILLRACE_INSTANCE: instance = 'ingestor' } = this.environment;
    if (!url) throw new MillraceError('ENVIRONMENT_INVALID', 'DATABASE_URL is not set');
    const db = await openDatabase(url, { role: `${instance} http`, max: CONNECTIONS });
    this.opened.push(() => db.close());
    const ring = new KeyRing(db, log, settings.keys_stale_ms);
    this.opened.push(() => ring.stop());
    await ring.open();
    if (ring.keys.size === 0 && !isLoopbackName(this.environment.MILLRACE_HTTP_HOST)) {
      log.warn(
        'no API key is configured: of HTTP ingest only clients on this machine are served (millrace keys create)',
      );
    }
    const publisher = await kafka.inboxProducer();
    this.opened.push(() => publisher.close());
    const writer = new InboxWriter(db, kafka, publisher, log);
    for (const dataset of this.datasets.keys()) await writer.open(dataset);
    const backlog = new Backlog({
      size_bytes: settings.backlog_bytes,
      requests: MAX_BACKLOG_REQUESTS,
      in_hand_bytes: IN_HAND_BODIES * (settings.body_bytes + REQUEST_BYTES),
    });
    metrics.backlogLimitBytes.set(settings.backlog_bytes);
    const watch = new BacklogWatch(db, backlog, log);
    const lag = new InboxLag(db, kafka, log, settings.backlog_messages);
    this.opened.push(
      () => watch.stop(),
      () => lag.stop(),
    );
    const access = new Access(ring, new FailedAttempts(), log);
    this.parts = { db, writer, backlog, watch, lag, settings, access };
  }

  /** New requests get 503; those under way end first, within a bound. */
  async stop(drain_ms = DRAIN_MS): Promise<void> {
    this.parts = undefined;
    const drained = Promise.allSettled(this.running);
    await Promise.race([drained, sleep(drain_ms, undefined, { ref: false })]);
    for (const close of this.opened.splice(0).reverse()) await close();
  }

  get isAccepting(): boolean {
    return this.parts !== undefined;
  }

  /**
   * Runs one request's work for whoever sent it, which `stop` waits for: there is no other way in.
   * @throws HttpProblem NOT_ACCEPTING, BACKLOG_FULL, and what `Access.admit` throws
   */
  async run<T>(request: IncomingMessage, work: (parts: AcceptParts, caller: Caller) => Promise<T>): Promise<T> {
    if (!this.parts) {
      throw new HttpProblem(
        'NOT_ACCEPTING',
        'The server starts or stops: repeat the request, here or at another one.',
        {
          headers: { connection: 'close', 'retry-after': '1' },
        },
      );
    }
    const caller = this.parts.access.admit(request);
    if (this.running.size >= MAX_REQUESTS) throw full('requests are under way', RETRY_AFTER_S.min);
    const running = work(this.parts, caller);
    this.running.add(running);
    try {
      return await running;
    } finally {
      this.running.delete(running);
    }
  }

  /** @throws HttpProblem DATASET_UNKNOWN */
  plan(dataset: string): DatasetPlan {
    const plan = currentPlan(this.plans, dataset);
    if (plan) return plan;
    throw new HttpProblem('DATASET_UNKNOWN', `There is one of: ${[...this.datasets.keys()].join(', ')}.`);
  }
}
