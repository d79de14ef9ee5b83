import { setTimeout as delay } from 'node:timers/promises';
import { MillraceError, parseTopic } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { firstLog2BlocksOf, KeyFilter } from './filter/key-filter.js';
import type { MemoryBudget } from './filter/memory-budget.js';
import { keyIdentity } from './key-identity.js';
import { Part, type Step } from './part.js';
import type { ReadBack } from './rebuild/read-back.js';
import type { SnapshotIdentity } from './snapshot/snapshot-file.js';
import type { SnapshotStore } from './snapshot/snapshot-store.js';

/** A database that does not answer at once must not hold up the flow: the part begins with everything suspect. */
const EMPTY_CHECK_MS = 1000;

/**
 * Without a snapshot this many records a part are read again before the committed offset. Their rows may not be in
 * the table yet, so reading the table back would miss them; more than these the ingestor hardly has in flight.
 */
const REFILL_RECORDS = 512n;

/** What of Kafka is needed here. */
export interface Log {
  /** Changes when the cluster is another one. */
  clusterId(): Promise<string>;
  /** The first offset that the partition still has. */
  low(topic: string, partition: number): Promise<bigint>;
}

export type KeysFrom = 'snapshot' | 'empty table' | 'table' | 'no key';

export interface PartsEvents {
  /** @param from where its keys come from */
  begun(part: Part, begin: bigint, committed: bigint | undefined, from: KeysFrom): void;
  /** Records that the refill needed are gone from the topic. */
  gap(part: Part, offset: bigint): void;
}

/** The parts that this process owns, from assignment to loss. */
export class Parts {
  private readonly owned = new Map<string, Part>();

  constructor(
    private readonly planOf: (dataset: string) => DatasetPlan,
    private readonly log: Log,
    private readonly budget: MemoryBudget,
    private readonly snapshots: SnapshotStore,
    private readonly readBackOf: (plan: DatasetPlan) => ReadBack,
    private readonly events: PartsEvents,
  ) {}

  [Symbol.iterator](): Iterator<Part> {
    return this.owned.values();
  }

  find(topic: string, partition: number): Part | undefined {
    return this.owned.get(`${topic}/${partition}`);
  }

  /** @throws MillraceError OFFSET_FENCED, which ends the process: a message may never be set aside for this */
  get(topic: string, partition: number): Part {
    const part = this.find(topic, partition);
    if (part) return part;
    throw new MillraceError('OFFSET_FENCED', `${topic}/${partition} is not owned here`, {
      place: { topic, partition },
    });
  }

  /**
   * Takes a part over with as much of its filter as can be had.
   * @returns where to begin reading: at or below `committed`
   */
  async open(topic: string, partition: number, committed: bigint | undefined): Promise<bigint> {
    this.drop(topic, partition);
    const plan = this.planOf(parseTopic(topic)?.dataset ?? topic);
    const low = await this.log.low(topic, partition);
    const next = committed ?? low;
    if (plan.keys.length === 0) {
      const start = { begin: latest(low, next), committed: next, complete: true };
      const part = new Part(plan.name, topic, partition, null, start);
      this.owned.set(`${topic}/${partition}`, part);
      this.events.begun(part, start.begin, committed, 'no key');
      return start.begin;
    }
    const snapshot = await this.snapshots.load(await this.identity(plan, topic, partition), next);
    const usable = snapshot !== undefined && snapshot.offset >= low;
    const begin = usable ? snapshot.offset : latest(low, next - REFILL_RECORDS);
    const complete = usable || (await this.isEmpty(plan));
    const filter = new KeyFilter(this.budget, snapshot?.generations, firstLog2BlocksOf(plan.parts));
    const part = new Part(plan.name, topic, partition, filter, { begin, committed: next, complete });
    this.owned.set(`${topic}/${partition}`, part);
    this.events.begun(part, begin, committed, usable ? 'snapshot' : complete ? 'empty table' : 'table');
    if (!complete) this.readBackOf(plan).request(part);
    return begin;
  }

  /** The part moves on to a record; when records that it needed are gone, its keys are read back. */
  reach(part: Part, offset: bigint): Step {
    return part.reach(offset, () => {
      if (!part.filter) return;
      this.events.gap(part, offset);
      this.readBack(part);
    });
  }

  /** Keys that the filter should have cannot be read from the topic: they are read back. */
  lack(part: Part): void {
    if (part.filter && part.complete) this.readBack(part);
  }

  private readBack(part: Part): void {
    part.complete = false;
    this.readBackOf(this.planOf(part.dataset)).request(part);
  }

  drop(topic: string, partition: number): void {
    const part = this.find(topic, partition);
    if (!part) return;
    part.lost = true;
    part.filter?.release();
    this.owned.delete(`${topic}/${partition}`);
  }

  /** @returns bytes written */
  async save(part: Part): Promise<number> {
    const identity = await this.identity(this.planOf(part.dataset), part.topic, part.partition);
    return this.snapshots.save(identity, part.covered, part.filter?.generations ?? []);
  }

  private async identity(plan: DatasetPlan, topic: string, partition: number): Promise<SnapshotIdentity> {
    return { plan: keyIdentity(plan), cluster: await this.log.clusterId(), topic, partition };
  }

  private async isEmpty(plan: DatasetPlan): Promise<boolean> {
    const unknown = delay(EMPTY_CHECK_MS, false, { ref: false });
    return Promise.race([this.readBackOf(plan).isEmpty(), unknown]);
  }
}

function latest(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}
