import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaClient } from '@millrace/kafka';
import { type Database, releaseLeases, takeLeases } from '@millrace/postgres';
import type { Plans } from '@millrace/stage';
import type { Logger } from '@millrace/telemetry';
import { Measures } from './measures.js';

export interface StorageParts {
  /** Where the lease is; what is measured goes by a connection of its own. */
  db: Database;
  database_url: string;
  kafka: KafkaClient;
  plans: Plans;
  /** The lease is taken under this name. */
  owner: string;
  log: Pick<Logger, 'info' | 'warn'>;
  /** From one measurement to the next. */
  interval_ms: number;
  limits?: StorageLimits;
}

export interface StorageLimits {
  /** To the next piece of a measurement that takes more than a turn. */
  piece_ms: number;
  /** How often the lease is renewed or asked for, and how soon it passes on when its holder died. */
  renew_ms: number;
  ttl_ms: number;
}

const LIMITS: StorageLimits = { piece_ms: 1000, renew_ms: 5000, ttl_ms: 30_000 };
const LEASE = 'storage-metrics';
const CLOSE_MS = 1000;

/**
 * Tells of tables, topics, write-ahead log and books as metrics: one ingestor of all does, by a lease. Nothing here is the
 * flow's failure.
 */
export class StorageWatch {
  private readonly ending = new AbortController();
  private readonly limits: StorageLimits;
  private readonly running: Promise<void>;
  private measures: Measures | undefined;
  private held_at = Number.NEGATIVE_INFINITY;
  /** When to measure next, by this process's clock. */
  private due = { sizes_at: 0, books_at: 0 };
  private trouble = '';

  constructor(private readonly parts: StorageParts) {
    this.limits = parts.limits ?? LIMITS;
    this.running = this.run();
  }

  /** What is being measured is waited for only so long: it may be Kafka that does not answer. */
  async close(): Promise<void> {
    this.ending.abort();
    await Promise.race([this.running, sleep(CLOSE_MS, undefined, { ref: false })]);
  }

  private async run(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      let wait_ms = this.limits.renew_ms;
      try {
        await this.hold();
        wait_ms = Math.min(wait_ms, (await this.measure()) ?? wait_ms);
        this.trouble = '';
      } catch (error) {
        this.tell((error as Error).message);
      }
      await sleep(wait_ms, undefined, { signal }).catch(() => {});
    }
    await this.release();
  }

  /** Takes, or renews, the lease; one that cannot be renewed is held until it runs out by this process's clock. */
  private async hold(): Promise<void> {
    const { db, owner, log } = this.parts;
    const { ttl_ms } = this.limits;
    const asked_at = performance.now();
    try {
      const [taken] = await takeLeases(db, owner, [LEASE], ttl_ms);
      this.held_at = taken ? asked_at : Number.NEGATIVE_INFINITY;
    } finally {
      if (this.measures && performance.now() - this.held_at >= ttl_ms) {
        log.info({}, 'storage metrics: no longer told by this ingestor');
        await this.drop();
      }
    }
  }

  /** @returns how soon there is more to measure; undefined where another ingestor does */
  private async measure(): Promise<number | undefined> {
    if (this.held_at === Number.NEGATIVE_INFINITY) return undefined;
    const { interval_ms } = this.parts;
    const { piece_ms } = this.limits;
    if (!this.measures) {
      this.measures = await Measures.open(this.parts);
      this.due = { sizes_at: 0, books_at: 0 };
      this.parts.log.info({ interval_ms }, 'storage metrics: told by this ingestor');
    }
    const { measures, due } = this;
    if (performance.now() >= due.sizes_at) {
      due.sizes_at = performance.now() + interval_ms;
      await measures.tellSizes();
    }
    if (performance.now() >= due.books_at) {
      due.books_at = performance.now() + interval_ms;
      if (!(await measures.tellBooks())) due.books_at = performance.now() + piece_ms;
    }
    return Math.max(0, Math.min(due.sizes_at, due.books_at) - performance.now());
  }

  private async release(): Promise<void> {
    // Best effort: what is not given back expires.
    if (this.measures) await releaseLeases(this.parts.db, this.parts.owner, [LEASE]).catch(() => {});
    await this.drop();
  }

  private async drop(): Promise<void> {
    const { measures } = this;
    this.measures = undefined;
    await measures?.close().catch(() => {});
  }

  private tell(reason: string): void {
    if (reason !== this.trouble) this.parts.log.warn({ reason }, 'storage metrics are not measured');
    this.trouble = reason;
  }
}
