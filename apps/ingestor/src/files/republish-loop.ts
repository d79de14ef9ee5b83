import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaClient, Publisher } from '@millrace/kafka';
import {
  advanceRepublication,
  type Database,
  findSource,
  finishRepublication,
  openRepublications,
  type Republication,
  type RepublishableSource,
  readRepublication,
} from '@millrace/postgres';
import { currentPlan, type Plans } from '@millrace/stage';
import { faultPoint, type Logger, metrics } from '@millrace/telemetry';
import { type Replayed, replayChunks } from '../inbox/replay-chunks.js';
import type { PauseWatch } from '../pause-watch.js';
import { lagsMore } from '../steps/heal-chunks.js';
import { markUnmarked, publishChunks } from '../steps/publish-chunks.js';
import { readRecorded } from '../steps/recorded-chunks.js';
import { isSourceError } from '../steps/source-file.js';
import { type LeaseHolder, leaseOf } from './lease-holder.js';
import { Republished } from './republished.js';

export interface RepublishParts {
  db: Database;
  kafka: KafkaClient;
  publisher: Publisher;
  log: Logger;
  leases: LeaseHolder;
  plans: Plans;
  contract?: number;
  pauses?: Pick<PauseWatch, 'isPaused'>;
}

const POLL_MS = 500;
const AT_ONCE = 16;
const BATCH = { bytes: 1024 * 1024, chunks: 128 };
/** So many messages may wait in the stages behind: what was applied before must not crowd out what is new. */
const WAITING_MESSAGES = 256;
/** How soon to look again while more than that waits. */
const ROOM_MS = 200;
/** Batches between two looks. */
const BATCHES_PER_LOOK = 8;

/**
 * What `millrace checkpoints republish` asked for: recorded chunks of a source once more, the same bytes (by their hash) under
 * the same identities, so that whatever was applied before is passed over. How far it came is written down behind each batch:
 * whoever takes over goes on there.
 */
export class RepublishLoop {
  constructor(private readonly parts: RepublishParts) {}

  /** Until the signal is aborted. @throws its reason; the first failure of Kafka or PostgreSQL */
  async run(signal: AbortSignal): Promise<never> {
    for (;;) {
      for (const asked of await openRepublications(this.parts.db, AT_ONCE)) {
        signal.throwIfAborted();
        await this.attempt(asked, signal);
      }
      await sleep(POLL_MS, undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
    }
  }

  private async attempt({ id, source: number }: Republication, signal: AbortSignal): Promise<void> {
    const { db, leases } = this.parts;
    const source = await findSource(db, { source: number });
    if (source && !this.isWanted(source)) return;
    const lease = leaseOf.republication(id);
    if ((await leases.take([lease])).length === 0) return;
    try {
      // Whoever had the lease may have gone on meanwhile.
      const now = await readRepublication(db, id);
      if (now?.finished_at !== null) return;
      if (source) await this.republish(now, source, signal);
      else await finishRepublication(db, id, { code: 'SOURCE_VANISHED', message: `there is no source ${number}` });
    } finally {
      await leases.release([lease]);
    }
  }

  /** Of a dataset of this process, and one that is not paused. */
  private isWanted({ dataset }: RepublishableSource): boolean {
    const { plans, pauses } = this.parts;
    return currentPlan(plans, dataset) !== undefined && !pauses?.isPaused(dataset);
  }

  private async republish(asked: Republication, source: RepublishableSource, signal: AbortSignal): Promise<void> {
    const { db, log } = this.parts;
    const { dataset, source: number, path } = source;
    const about = { republication: asked.id, dataset, source: number, path };
    log.info({ ...about, from_chunk: asked.next_chunk }, 'publishing recorded chunks again, as asked');
    const state = new Republished(asked);
    try {
      if (!(await this.publishAll(state, source, signal))) return;
    } catch (error) {
      if (!isSourceError(error)) throw error;
      state.fail(error);
    }
    const { chunks, error } = state;
    await finishRepublication(db, asked.id, error);
    if (error) log.error({ ...about, chunks, ...error }, 'not all chunks could be published again');
    else log.info({ ...about, chunks }, 'chunks published again, as asked');
  }

  /** @returns false when somebody else, or this process later, goes on with it */
  private async publishAll(state: Republished, source: RepublishableSource, signal: AbortSignal): Promise<boolean> {
    let batches = 0;
    for await (const batch of inBatches(this.read(source, state))) {
      if (batches++ % BATCHES_PER_LOOK === 0) await this.room(source.dataset, signal);
      signal.throwIfAborted();
      if (!this.isWanted(source) || !this.parts.leases.holds(leaseOf.republication(state.id))) return false;
      await this.publish(batch, state, source.dataset);
    }
    return true;
  }

  private async publish(batch: Replayed[], state: Republished, dataset: string): Promise<void> {
    const { db, publisher, contract } = this.parts;
    const chunks = batch.flatMap(({ chunk }) => chunk ?? []);
    faultPoint('ingestor.before_republish');
    if (chunks.length > 0) await publishChunks(publisher, dataset, chunks, contract);
    faultPoint('ingestor.after_republish');
    await markUnmarked(
      db,
      chunks.map(({ row }) => row),
    );
    metrics.republished.inc({ dataset }, chunks.length);
    for (const { row, chunk } of batch) {
      if (chunk) state.published(row);
      else state.missing(row);
    }
    await advanceRepublication(db, state);
  }

  private async *read({ kind, source, dataset }: RepublishableSource, state: Republished): AsyncGenerator<Replayed> {
    const { db, kafka, plans } = this.parts;
    const { id, next_chunk } = state;
    if (kind === 'file') {
      for await (const chunk of readRecorded(db, source, next_chunk)) yield { row: chunk.row, chunk };
    } else {
      const group = `millrace.republication.${id}`;
      yield* replayChunks({ db, kafka, plans }, { source, dataset, group }, next_chunk);
    }
  }

  private async room(dataset: string, signal: AbortSignal): Promise<void> {
    while (await lagsMore(this.parts.kafka, dataset, WAITING_MESSAGES)) {
      await sleep(ROOM_MS, undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
    }
  }
}

/** What was read before a fault comes before it. */
async function* inBatches(chunks: AsyncIterable<Replayed>): AsyncGenerator<Replayed[]> {
  let batch: Replayed[] = [];
  let size_bytes = 0;
  try {
    for await (const one of chunks) {
      batch.push(one);
      size_bytes += one.chunk?.raw.length ?? 0;
      if (size_bytes < BATCH.bytes && batch.length < BATCH.chunks) continue;
      yield batch;
      batch = [];
      size_bytes = 0;
    }
  } catch (error) {
    if (batch.length > 0) yield batch;
    throw error;
  }
  if (batch.length > 0) yield batch;
}
