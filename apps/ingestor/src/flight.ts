import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError, topicsOf } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import type { KafkaClient, Publisher } from '@millrace/kafka';
import { type Database, resolvedChunks } from '@millrace/postgres';
import { faultPoint, type Logger, metrics } from '@millrace/telemetry';
import type { ChunkRow, ReadChunk } from './steps/chunk-row.js';
import { countHeal, isFlowIdle } from './steps/heal-chunks.js';
import { batchesOf, markPublished, publishChunks } from './steps/publish-chunks.js';
import { readAgain } from './steps/recorded-chunks.js';

export interface FlightLimits {
  /** Raw bytes of chunks that are published and not resolved; a single chunk always passes. */
  in_flight_bytes: number;
  /** Between two reads of what has been resolved. */
  poll_ms: number;
  /** Nothing moved for so long: time to look for lost chunks. Doubles with every heal that moves nothing. */
  quiet_ms: number;
}

export const FLIGHT_LIMITS: FlightLimits = { in_flight_bytes: 64 * 1024 * 1024, poll_ms: 200, quiet_ms: 1000 };

const SENDS = 8;
const OUTSTANDING_CHUNKS = 4096;
const MARK_ROWS = 64;
const QUIET_MOST_MS = 60_000;
/** Questions to Kafka about lag that may fail in a row. */
const UNANSWERED = 5;
const stage = 'ingestor';

export interface FlightParts {
  db: Database;
  kafka: KafkaClient;
  publisher: Publisher;
  log: Logger;
  limits: FlightLimits;
  /** Aborted when the service ends; its reason is thrown. */
  signal: AbortSignal;
}

/**
 * The chunks between their publication and their outcome. Publishes with a bound on what is on its way, watches
 * PostgreSQL for outcomes, and publishes again what was lost. The first failure of a send latches.
 */
export class Flight {
  private readonly outstanding = new Map<string, { row: ChunkRow; size_bytes: number }>();
  private readonly sends = new Set<Promise<void>>();
  private acknowledged: ChunkRow[] = [];
  private failure: { error: unknown } | undefined;
  private size_bytes = 0;
  private read_at = 0;
  private moved_at = Date.now();
  private quiet_ms: number;
  private unanswered = 0;

  constructor(
    private readonly parts: FlightParts,
    private readonly plan: DatasetPlan,
  ) {
    this.quiet_ms = parts.limits.quiet_ms;
  }

  /** Waits for outcomes of chunks that an earlier process published. */
  watch(rows: ChunkRow[]): void {
    for (const row of rows) this.add(row, row.flags ? 0 : row.byte_end - row.byte_start);
  }

  /** Resolves when all are on their way; waits where the bounds are met. */
  async publish(chunks: ReadChunk[]): Promise<void> {
    for (const batch of batchesOf(chunks)) {
      await this.makeRoom(batch);
      await this.awaitTurn();
      for (const { row, raw } of batch) this.add(row, raw.length);
      this.send(batch);
    }
  }

  /** Resolves when every chunk has its outcome, or can never have one. */
  async settle(): Promise<void> {
    while (this.outstanding.size > 0 || this.sends.size > 0 || this.acknowledged.length > 0) await this.advance();
  }

  /** Waits for what is being sent, so that no acknowledgement is lost needlessly. */
  async close(): Promise<void> {
    await Promise.all(this.sends);
    this.drop([...this.outstanding.keys()]);
    // Best effort: what stays unmarked is published again. An error that ended the flight must not be hidden by this.
    await this.mark().catch(() => {});
  }

  private async makeRoom(batch: ReadChunk[]): Promise<void> {
    const size_bytes = batch.reduce((sum, { raw }) => sum + raw.length, 0);
    this.requireRunning();
    if (this.acknowledged.length >= MARK_ROWS) await this.mark();
    if (Date.now() - this.read_at >= this.parts.limits.poll_ms) await this.resolve();
    while (
      this.outstanding.size > 0 &&
      (this.size_bytes + size_bytes > this.parts.limits.in_flight_bytes || this.outstanding.size > OUTSTANDING_CHUNKS)
    ) {
      await this.advance();
    }
  }

  /** Waits until one more may be sent. */
  private async awaitTurn(): Promise<void> {
    while (this.sends.size >= SENDS) {
      await Promise.race([...this.sends, sleep(this.quiet_ms, undefined, { ref: false })]);
      this.requireRunning();
      // None was acknowledged for a while: the topic may have been deleted.
      if (this.sends.size >= SENDS) await this.isIdle();
    }
    this.requireRunning();
  }

  private send(batch: ReadChunk[]): void {
    const sending = this.sendNow(batch)
      .catch((error) => {
        this.failure ??= { error };
      })
      .finally(() => this.sends.delete(sending));
    this.sends.add(sending);
  }

  private async sendNow(batch: ReadChunk[]): Promise<void> {
    const end = metrics.batchSeconds.startTimer({ stage });
    faultPoint('ingestor.before_publish');
    const sent_bytes = await publishChunks(this.parts.publisher, this.plan.name, batch);
    faultPoint('ingestor.after_publish');
    end();
    metrics.bytes.inc({ stage, direction: 'out' }, sent_bytes);
    this.acknowledged.push(...batch.map(({ row }) => row));
    this.moved_at = Date.now();
  }

  /** One turn of waiting: outcomes are read, and where nothing moves any more, lost chunks are looked for. */
  private async advance(): Promise<void> {
    await sleep(this.parts.limits.poll_ms, undefined, { signal: this.parts.signal }).catch(() => {});
    this.requireRunning();
    await this.mark();
    await this.resolve();
    if (this.outstanding.size === 0 || Date.now() - this.moved_at < this.quiet_ms) return;
    if ((await this.isIdle()) && this.sends.size === 0) await this.heal();
  }

  /** Makes deleted topics anew first: what waits to be sent to them goes out then. */
  private async isIdle(): Promise<boolean> {
    const { kafka, log, limits } = this.parts;
    try {
      await kafka.ensureTopics(topicsOf(this.plan.name, this.plan.parts));
      const isIdle = this.sends.size === 0 && (await isFlowIdle(kafka, this.plan.name, limits.poll_ms));
      this.unanswered = 0;
      return isIdle;
    } catch (error) {
      // A topic may be deleted at just this moment, a broker restart. Who cannot tell does not heal.
      if (!(error instanceof MillraceError && error.retriable) || ++this.unanswered > UNANSWERED) throw error;
      log.warn({ err: error }, 'cannot tell whether anything is on its way');
      return false;
    }
  }

  private async mark(): Promise<void> {
    const rows = this.acknowledged;
    if (rows.length === 0) return;
    this.acknowledged = [];
    await markPublished(this.parts.db, rows);
    faultPoint('ingestor.after_mark');
  }

  private async resolve(): Promise<void> {
    this.read_at = Date.now();
    if (this.outstanding.size === 0) return;
    const rows = [...this.outstanding.values()].map(({ row }) => row);
    const resolved = await resolvedChunks(this.parts.db, rows);
    if (resolved.length === 0) return;
    this.drop(resolved.map(keyOf));
    this.moved_at = Date.now();
    this.quiet_ms = this.parts.limits.quiet_ms;
  }

  /** Only after nothing was on its way: what PostgreSQL does not know now was lost. */
  private async heal(): Promise<void> {
    const { db, log } = this.parts;
    await this.resolve();
    const lost = [...this.outstanding.values()].map(({ row }) => row);
    const gone = new Set(lost.map(keyOf));
    for await (const chunk of readAgain(db, lost, log)) {
      const { row } = chunk;
      gone.delete(keyOf(row));
      await countHeal(db, row);
      metrics.heals.inc({ dataset: this.plan.name });
      log.warn({ dataset: this.plan.name, source: row.source, chunk: row.chunk }, 'chunk was lost: published again');
      await this.awaitTurn();
      this.send([chunk]);
    }
    if (gone.size > 0) log.error({ chunks: [...gone] }, 'lost chunks whose source is gone: they stay unresolved');
    this.drop([...gone]);
    this.moved_at = Date.now();
    this.quiet_ms = Math.min(this.quiet_ms * 2, QUIET_MOST_MS);
  }

  private add(row: ChunkRow, size_bytes: number): void {
    this.outstanding.set(keyOf(row), { row, size_bytes });
    this.size_bytes += size_bytes;
    metrics.inFlightBytes.set({ stage }, this.size_bytes);
  }

  private drop(keys: string[]): void {
    for (const key of keys) {
      this.size_bytes -= this.outstanding.get(key)?.size_bytes ?? 0;
      this.outstanding.delete(key);
    }
    metrics.inFlightBytes.set({ stage }, this.size_bytes);
  }

  private requireRunning(): void {
    if (this.failure) throw this.failure.error;
    this.parts.signal.throwIfAborted();
  }
}

function keyOf({ source, chunk }: ChunkRow): string {
  return `${source}:${chunk}`;
}
