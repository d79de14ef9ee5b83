import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaClient, Publisher } from '@millrace/kafka';
import { type Database, resolvedChunks } from '@millrace/postgres';
import { currentPlan, type Plans } from '@millrace/stage';
import { faultPoint, type Logger, metrics } from '@millrace/telemetry';
import { InFlightBytes, OutstandingChunks, sizeOf } from './in-flight.js';
import type { PauseWatch } from './pause-watch.js';
import { bodyBytes, type ChunkRow, keyOf, type OutgoingChunk, type ReadChunk } from './steps/chunk-row.js';
import { countHeal, Idleness } from './steps/heal-chunks.js';
import { batchesOf, markPublished, publishChunks } from './steps/publish-chunks.js';

export interface FlightLimits {
  /** Raw bytes of chunks that are published and not resolved; a single batch always passes. */
  in_flight_bytes: number;
  /** Between two reads of what has been resolved. */
  poll_ms: number;
  /** Nothing moved for so long: time to look for lost chunks. Doubles with every heal that moves nothing. */
  quiet_ms: number;
}

export const FLIGHT_LIMITS: FlightLimits = { in_flight_bytes: 64 * 1024 * 1024, poll_ms: 200, quiet_ms: 1000 };

const SENDS = 8;
const OUTSTANDING_CHUNKS = 4096;
const QUIET_MOST_MS = 60_000;
const stage = 'ingestor';

export interface FlightParts {
  db: Database;
  kafka: KafkaClient;
  publisher: Publisher;
  log: Logger;
  /** All versions of all datasets, by fingerprint. */
  plans: Plans;
  limits: FlightLimits;
  /** The contract version of what is published; default: the newest. */
  contract?: number;
  /** Shared by all flights of the process; default: one of its own by `limits`. */
  in_flight?: InFlightBytes;
  /** Of a paused dataset nothing is published but what was lost on the way; without it none is. */
  pauses?: Pick<PauseWatch, 'isPaused'>;
  /** Aborted when the service ends; its reason is thrown. */
  signal: AbortSignal;
}

/**
 * Gives lost chunks with their bytes, to be published again. A chunk that it leaves out can never have an outcome.
 * What it throws ends the flight.
 */
export type ReadAgain = (lost: ChunkRow[]) => AsyncIterable<ReadChunk>;

/**
 * The chunks of one dataset between their publication and their outcome. Publishes with a bound on what is on its way;
 * `tend`, which its owner runs beside, watches PostgreSQL for outcomes and publishes again what was lost. The first
 * failure latches: `tend` and whoever waits throw it.
 */
export class Flight {
  private readonly outstanding: OutstandingChunks;
  private readonly bytes: InFlightBytes;
  private readonly sends = new Set<Promise<void>>();
  private readonly listeners: ((rows: ChunkRow[]) => void)[] = [];
  private acknowledged: ChunkRow[] = [];
  private failure: { error: unknown } | undefined;
  private change = Promise.withResolvers<void>();
  private moved_at = Date.now();
  private quiet_ms: number;
  private readonly idleness: Idleness;

  constructor(
    private readonly parts: FlightParts,
    private readonly dataset: string,
    private readonly readAgain: ReadAgain,
  ) {
    this.bytes = parts.in_flight ?? new InFlightBytes(parts.limits.in_flight_bytes);
    this.outstanding = new OutstandingChunks(this.bytes);
    this.quiet_ms = parts.limits.quiet_ms;
    const partsNow = () => currentPlan(parts.plans, dataset)?.parts ?? 0;
    this.idleness = new Idleness(parts.kafka, { name: dataset, parts: partsNow }, parts.limits.poll_ms, parts.log);
  }

  /** @param listener is told of chunks that have their outcome, or can never have one */
  onOutcome(listener: (rows: ChunkRow[]) => void): void {
    this.listeners.push(listener);
  }

  /** Whether every chunk of the source that this flight knows has its outcome, or can never have one. */
  isClear(source: number): boolean {
    return this.outstanding.isClear(source);
  }

  has(row: ChunkRow): boolean {
    return this.outstanding.has(row);
  }

  /** Waits for outcomes of chunks that an earlier process published. */
  watch(rows: ChunkRow[]): void {
    for (const row of rows) this.outstanding.add(row, sizeOf(row));
  }

  /** Waits no longer for chunks of a source: they are another ingestor's. */
  forget(source: number): void {
    this.outstanding.drop(this.outstanding.rows().filter((row) => row.source === source));
    this.changed();
  }

  /** Resolves when all are on their way; waits where the bounds are met or the dataset is paused, as long as `tend` runs. */
  async publish(chunks: OutgoingChunk[]): Promise<void> {
    for (const batch of batchesOf(chunks)) {
      const size_bytes = batch.reduce((sum, chunk) => sum + bodyBytes(chunk), 0);
      await this.until(() => !this.isPaused && (this.outstanding.count === 0 || this.hasRoomFor(size_bytes)));
      await this.until(() => this.sends.size < SENDS);
      for (const chunk of batch) this.outstanding.add(chunk.row, bodyBytes(chunk));
      this.send(batch);
    }
  }

  /** Reads outcomes, and heals where nothing moves any more, until the signal is aborted. @throws the first failure */
  async tend(): Promise<never> {
    try {
      for (;;) {
        await sleep(this.parts.limits.poll_ms, undefined, { signal: this.parts.signal }).catch(() => {});
        this.requireRunning();
        await this.advance();
      }
    } catch (error) {
      this.failure ??= { error };
      throw error;
    } finally {
      this.changed();
    }
  }

  /** Waits for what is being sent, so that no acknowledgement is lost needlessly. */
  async close(): Promise<void> {
    await Promise.all(this.sends);
    this.outstanding.drop(this.outstanding.rows());
    // Best effort: what stays unmarked is published again. An error that ended the flight must not be hidden by this.
    await this.mark().catch(() => {});
  }

  private get isPaused(): boolean {
    return this.parts.pauses?.isPaused(this.dataset) ?? false;
  }

  private hasRoomFor(size_bytes: number): boolean {
    return this.bytes.hasRoomFor(size_bytes) && this.outstanding.count <= OUTSTANDING_CHUNKS;
  }

  /** Another flight of the process makes room without a word here: hence the poll. */
  private async until(condition: () => boolean): Promise<void> {
    for (this.requireRunning(); !condition(); this.requireRunning()) {
      await Promise.race([this.change.promise, sleep(this.parts.limits.poll_ms, undefined, { ref: false })]);
    }
  }

  private changed(): void {
    this.change.resolve();
    this.change = Promise.withResolvers<void>();
  }

  private send(batch: OutgoingChunk[]): void {
    const sending = this.sendNow(batch)
      .catch((error) => {
        this.failure ??= { error };
      })
      .finally(() => {
        this.sends.delete(sending);
        this.changed();
      });
    this.sends.add(sending);
  }

  private async sendNow(batch: OutgoingChunk[]): Promise<void> {
    const end = metrics.batchSeconds.startTimer({ stage });
    faultPoint('ingestor.before_publish');
    const sent_bytes = await publishChunks(this.parts.publisher, this.dataset, batch, this.parts.contract);
    faultPoint('ingestor.after_publish');
    end();
    metrics.bytes.inc({ stage, direction: 'out' }, sent_bytes);
    this.acknowledged.push(...batch.map(({ row }) => row));
    this.moved_at = Date.now();
  }

  private async advance(): Promise<void> {
    await this.mark();
    await this.resolve();
    const isAwaited = this.outstanding.count > 0 || this.sends.size > 0;
    if (!isAwaited || Date.now() - this.moved_at < this.quiet_ms) return;
    // What is sent while the stages are asked may come behind each of them: only what was acknowledged before can be missed.
    const sent = this.sends.size === 0 ? this.outstanding.rows() : [];
    const isIdle = await this.idleness.check(() => this.sends.size === 0);
    if (isIdle) await this.heal(sent);
  }

  private async mark(): Promise<void> {
    const rows = this.acknowledged;
    if (rows.length === 0) return;
    this.acknowledged = [];
    await markPublished(this.parts.db, rows);
    faultPoint('ingestor.after_mark');
  }

  private async resolve(): Promise<void> {
    if (this.outstanding.count === 0) return;
    const resolved = await resolvedChunks(this.parts.db, this.outstanding.rows());
    if (resolved.length === 0) return;
    this.moved_at = Date.now();
    this.quiet_ms = this.parts.limits.quiet_ms;
    // Whoever is told may take it for done: what was acknowledged meanwhile must not stay unmarked.
    await this.mark();
    this.end(resolved);
  }

  /** Only after nothing of `sent` was on its way: what PostgreSQL does not know of it now was lost. */
  private async heal(sent: ChunkRow[]): Promise<void> {
    const { db, log } = this.parts;
    await this.resolve();
    const lost = sent.filter((row) => this.outstanding.has(row));
    if (lost.length === 0) return;
    const gone = new Map(lost.map((row) => [keyOf(row), row]));
    for await (const chunk of this.readAgain(lost)) {
      const { row } = chunk;
      gone.delete(keyOf(row));
      await countHeal(db, row);
      metrics.heals.inc({ dataset: this.dataset });
      log.warn({ dataset: this.dataset, source: row.source, chunk: row.chunk }, 'chunk was lost: published again');
      await this.until(() => this.sends.size < SENDS);
      this.send([chunk]);
    }
    if (gone.size > 0) log.error({ chunks: [...gone.keys()] }, 'lost chunks that can never be published again');
    this.moved_at = Date.now();
    this.quiet_ms = Math.min(this.quiet_ms * 2, QUIET_MOST_MS);
    this.end([...gone.values()]);
  }

  private end(rows: ChunkRow[]): void {
    this.outstanding.drop(rows);
    for (const listener of this.listeners) listener(rows);
    this.changed();
  }

  private requireRunning(): void {
    if (this.failure) throw this.failure.error;
    this.parts.signal.throwIfAborted();
  }
}
