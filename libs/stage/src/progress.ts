import type { TopicPartition } from '@millrace/kafka';

/** What of a fetched batch is to be taken. */
export type Fence =
  | { kind: 'take'; from: bigint }
  /** The fetch began behind what is expected: read again from there. */
  | { kind: 'seek'; to: bigint }
  /** The log ends below what is expected: it is another log, all of it is new. */
  | { kind: 'restarted' };

export interface Taken {
  offset: bigint;
  size_bytes: number;
  progress: PartitionProgress;
  done: boolean;
}

/**
 * How far one partition is: what to take next, what is done without gaps (only that may be committed), what is committed.
 * It lives from an assignment until the partition is lost, or its log turns out to be another one.
 */
export class PartitionProgress {
  readonly topic: string;
  readonly partition: number;
  committed: bigint | undefined;
  /** The next offset to take; undefined: whatever Kafka has next. */
  expected: bigint | undefined;
  /** Where the log ended when last seen. */
  high = 0n;
  private low = 0n;
  /** Set when the partition is lost: what of it waits is not begun. */
  abandoned = false;
  /** Everything delivered below is done. */
  private position: bigint | undefined;
  /** Below it there is nothing that is not delivered. */
  private passed: bigint | undefined;
  /** In the order of delivery; the first one is not done. */
  private readonly taken: Taken[] = [];
  private readonly waiting: (() => void)[] = [];

  /** @param from where reading begins, undefined for whatever Kafka has first */
  constructor({ topic, partition }: TopicPartition, committed: bigint | undefined, from: bigint | undefined) {
    this.topic = topic;
    this.partition = partition;
    this.committed = committed;
    this.expected = from;
    this.position = from;
  }

  /**
   * @param fetched_offset the offset that was asked for
   * @param below what to do with messages below the expected one
   */
  fence(fetched_offset: bigint, high_watermark: bigint, below: 'drop' | 'take'): Fence {
    const { expected } = this;
    if (expected === undefined) return { kind: 'take', from: 0n };
    if (high_watermark < expected) return { kind: 'restarted' };
    if (fetched_offset > expected) return { kind: 'seek', to: expected };
    return { kind: 'take', from: below === 'drop' ? expected : 0n };
  }

  /** The log's bounds as Kafka told them apart from a fetch. */
  see({ low, high }: { low: bigint; high: bigint }): void {
    this.high = high;
    this.low = low;
  }

  take(offset: bigint, size_bytes: number): Taken {
    const taken = { offset, size_bytes, progress: this, done: false };
    this.expected = offset + 1n;
    if (this.taken.length === 0 && this.position === undefined) this.position = offset;
    this.taken.push(taken);
    return taken;
  }

  /** Up to `offset` there is no message that is to come: only markers of transactions, or what was aborted or compacted away. */
  pass(offset: bigint): void {
    if (this.expected !== undefined && offset <= this.expected) return;
    this.expected = offset;
    this.passed = offset;
    if (this.taken.length === 0) this.position = offset;
  }

  finish(taken: Taken): void {
    taken.done = true;
    while (this.taken[0]?.done) this.position = (this.taken.shift() as Taken).offset + 1n;
    if (this.taken.length > 0) return;
    if (this.passed !== undefined && this.position !== undefined && this.passed > this.position)
      this.position = this.passed;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** The offset to commit, undefined when there is nothing new. Never below the committed one. */
  get committable(): bigint | undefined {
    const { position, committed } = this;
    return position !== undefined && (committed === undefined || position > committed) ? position : undefined;
  }

  /** Messages of the log that are not done. */
  get lag(): number {
    return Math.max(0, Number(this.high - (this.position ?? this.low)));
  }

  /** Resolves when nothing of it is in flight. */
  drained(): Promise<void> {
    if (this.taken.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
