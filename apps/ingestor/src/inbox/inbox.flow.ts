import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError, parseTopic } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import type { TopicPartition } from '@millrace/kafka';
import { type ApplyFlow, currentPlan, type PlanRegistry, type Plans, type StageMessage } from '@millrace/stage';
import { Flight, type FlightParts } from '../flight.js';
import { InFlightBytes } from '../in-flight.js';
import { MemoryPressure } from '../memory-pressure.js';
import type { PauseWatch } from '../pause-watch.js';
import type { ChunkRow } from '../steps/chunk-row.js';
import { beginPartition } from './begin-partition.js';
import { countRecorded } from './count-recorded.js';
import { healOrMark } from './heal-inbox.js';
import type { Arrivals, InboxPartition, LiveMessage } from './inbox-partition.js';
import { PausedMessages } from './paused-messages.js';
import { recordFresh } from './record-fresh.js';
import { closeSource } from './record-messages.js';
import { settleInbox } from './recorded-chunks.js';
import { arrivedOf, keyOf } from './steps/read-headers.js';
import { withPath } from './with-path.js';

export interface InboxParts extends Omit<FlightParts, 'signal' | 'pauses'> {
  /** Without it nothing is paused. */
  pauses?: PauseWatch;
  /** Asked for a version that replaced the current one; without it the plans are all there are. */
  registry?: Pick<PlanRegistry, 'ask' | 'refresh'>;
  /** Default: the ingestors'. */
  group?: string;
}

interface Owned {
  partition: InboxPartition;
  /** Sources with chunks that the flight waits for: its own, and former ones. */
  sources: Set<number>;
}

interface Taken extends Arrivals {
  partition: InboxPartition;
  plan: DatasetPlan;
}

const SETTLE_MS = 1000;
/** While there is no room: how soon to look again. */
const HOLD_MS = 20;
const keyOfPartition = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`;

/**
 * inbox -> bronze: what waits is packed into chunks, which are recorded in one transaction and then published. In
 * PostgreSQL stands what is recorded and what is published, so that whoever reads a partition next goes on there: what was
 * recorded and not published is made again from the messages, byte for byte. Two that believe they own a partition meet
 * at the fence of the recording transaction.
 */
export class InboxFlow implements ApplyFlow {
  private readonly owned = new Map<string, Owned>();
  private readonly flights = new Map<string, Flight>();
  private readonly bytes: InFlightBytes;
  private readonly ending = new AbortController();
  private readonly settling: NodeJS.Timeout;
  private readonly paused = new PausedMessages();
  private turn: Promise<unknown> = Promise.resolve();
  private holding = 0;

  /** @param fail is told of the failure of what goes on beside: sends, outcomes, healing */
  constructor(
    private readonly parts: InboxParts,
    private readonly fail: (error: unknown) => void,
  ) {
    this.bytes = parts.in_flight ?? new InFlightBytes(parts.limits.in_flight_bytes, 'inbox');
    const pressure = new MemoryPressure(this.bytes, parts.log);
    this.settling = setInterval(() => {
      pressure.look();
      void this.settle().catch(this.unlessEnding);
    }, SETTLE_MS);
  }

  async begin(at: TopicPartition): Promise<bigint> {
    const plan = this.planOf(at);
    const begun = await beginPartition(this.parts, plan.name, at);
    const { partition, watched, empty } = begun;
    this.paused.forget(at);
    this.owned.set(keyOfPartition(at), { partition, sources: begun.sources });
    const flight = this.flightOf(plan);
    flight.watch(watched);
    this.hold(() => flight.publish(empty)).catch(this.unlessEnding);
    return partition.expected;
  }

  /** The log was cut, or made anew: PostgreSQL and Kafka know where to go on, and what was lost. */
  outOfRange(at: TopicPartition): Promise<bigint> {
    return this.begin(at);
  }

  apply(messages: StageMessage[]): Promise<Record<string, number>> {
    return this.inTurn(() => this.attempt(messages));
  }

  /** Nothing new of the dataset is recorded from now on; what is on its way comes to its end. */
  pause(dataset: string): void {
    this.paused.pause(dataset);
  }

  /** Takes what was kept of the dataset. @throws as `apply` */
  resume(dataset: string): Promise<void> {
    return this.inTurn(async () => {
      const kept = this.paused.resume(dataset);
      if (kept.length > 0) await this.attempt(kept);
    });
  }

  isPaused(topic: string): boolean {
    return this.paused.isPaused(topic);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => {});
    return done;
  }

  private async attempt(messages: StageMessage[]): Promise<Record<string, number>> {
    try {
      return await this.bring(messages);
    } catch (error) {
      // Held until the end: what is not recorded by then is read again by whoever comes next.
      if (this.ending.signal.aborted) return {};
      throw error;
    }
  }

  private async bring(messages: StageMessage[]): Promise<Record<string, number>> {
    this.ending.signal.throwIfAborted();
    const taken = this.take(await this.hold(() => this.room(messages)));
    for (const { partition, plan, rebuilt, unreadable } of taken) {
      if (unreadable.length > 0)
        this.parts.log.error(
          { ...about(partition), chunks: unreadable.map(({ chunk }) => chunk) },
          'recorded chunks can no longer be made from their messages',
        );
      this.flightOf(plan).watch(unreadable);
      await this.hold(() =>
        this.flightOf(plan).publish(rebuilt.map((chunk) => withPath(chunk, partition, this.plans))),
      );
    }
    const recorded = await recordFresh(this.parts, taken, (partition) => this.planOf(partition));
    for (const { partition, chunks } of recorded) {
      partition.record(chunks);
      await this.hold(() =>
        this.flightOf(this.planOf(partition)).publish(chunks.map((chunk) => withPath(chunk, partition, this.plans))),
      );
    }
    for (const { partition, isBeyond } of taken) if (isBeyond) await this.goBeyond(partition);
    return countRecorded(recorded);
  }

  lost(at: TopicPartition): void {
    const owned = this.owned.get(keyOfPartition(at));
    this.owned.delete(keyOfPartition(at));
    this.paused.forget(at);
    for (const source of owned?.sources ?? []) this.flights.get(owned?.partition.dataset ?? '')?.forget(source);
  }

  keepFrom(at: TopicPartition): bigint {
    return this.owned.get(keyOfPartition(at))?.partition.applied ?? 0n;
  }

  isHeld(): boolean {
    return this.holding > 0;
  }

  /** May be called again. */
  async close(): Promise<void> {
    clearInterval(this.settling);
    this.ending.abort(new Error('the inbox is closed'));
    for (const flight of this.flights.values()) await flight.close();
  }

  private take(messages: StageMessage[]): Taken[] {
    const groups = Map.groupBy(messages, keyOfPartition);
    return [...groups].flatMap(([key, group]) => {
      const partition = this.owned.get(key)?.partition;
      if (!partition) return [];
      return [{ partition, plan: this.planOf(partition), ...partition.take(group.map(liveMessage)) }];
    });
  }

  private async goBeyond({ topic, source, next_record }: InboxPartition): Promise<never> {
    await closeSource(this.parts.db, { source: source.source, next_record });
    throw new MillraceError('OFFSET_FENCED', `${topic}/${source.partition} goes on with its next source`);
  }

  /**
   * Waits before anything is taken: what waits with its owner could be taken over by nobody, and a pause may come meanwhile.
   * @returns those that are not paused by then
   */
  private async room(messages: StageMessage[]): Promise<StageMessage[]> {
    for (let wanted = messages; ; this.ending.signal.throwIfAborted()) {
      wanted = this.paused.keep(wanted);
      const size_bytes = wanted.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
      const hasRoom = size_bytes === 0 || this.bytes.hasRoomFor(Math.min(size_bytes, this.bytes.limit_bytes));
      if (hasRoom) return wanted;
      await sleep(HOLD_MS);
    }
  }

  private async hold<T>(work: () => Promise<T>): Promise<T> {
    this.holding++;
    try {
      return await work();
    } finally {
      this.holding--;
    }
  }

  private flightOf(plan: DatasetPlan): Flight {
    const known = this.flights.get(plan.name);
    if (known) return known;
    // What is recorded goes out, paused or not: who waited for it here would hold up the other datasets.
    const parts = { ...this.parts, in_flight: this.bytes, pauses: undefined, signal: this.ending.signal };
    const partitionOf = (row: ChunkRow) =>
      [...this.owned.values()].find(
        ({ partition, sources }) => partition.dataset === plan.name && sources.has(row.source),
      )?.partition;
    const flight: Flight = new Flight(parts, plan.name, (lost) => healOrMark(this.parts, plan.name, lost, partitionOf));
    flight.onOutcome((rows) => {
      for (const row of rows) partitionOf(row)?.resolved(row);
    });
    flight.tend().catch(this.unlessEnding);
    this.flights.set(plan.name, flight);
    return flight;
  }

  private async settle(): Promise<void> {
    const clear = [...this.owned.values()].filter(({ partition }) => partition.isClear && !partition.isSettled);
    if (clear.length === 0) return;
    const settled = clear.map(({ partition }) => partition);
    for (const partition of settled) partition.isSettled = true;
    await settleInbox(
      this.parts.db,
      settled.map(({ source: { source }, next_record }) => ({ source, next_record })),
    );
  }

  private get plans(): Plans {
    return this.parts.plans;
  }

  private planOf({ topic }: Pick<TopicPartition, 'topic'>): DatasetPlan {
    const plan = currentPlan(this.plans, parseTopic(topic)?.dataset ?? '');
    if (!plan) throw new MillraceError('DATASET_UNKNOWN', `no dataset has the inbox ${topic}`, { place: { topic } });
    return plan;
  }

  private readonly unlessEnding = (error: unknown): void => {
    if (!this.ending.signal.aborted) this.fail(error);
  };
}

function liveMessage({ offset, value, headers, timestamp_ms }: StageMessage): LiveMessage {
  return { offset, value, arrived_ms: arrivedOf(headers, timestamp_ms), key: keyOf(headers) };
}

function about({ dataset, topic, source }: InboxPartition) {
  return { dataset, topic, partition: source.partition, source: source.source };
}
