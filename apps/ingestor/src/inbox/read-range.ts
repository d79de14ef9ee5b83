import type { FetchedBatch, IncomingMessage, KafkaClient } from '@millrace/kafka';

export interface OffsetRange {
  topic: string;
  partition: number;
  /** Inclusive. */
  from: bigint;
  /** Exclusive; the log has messages up to there. */
  to: bigint;
}

/** How often the group hears of a reader that waits. */
const HEARTBEAT_MS = 500;

/**
 * The messages of a range of one partition, in order and once, beside whoever else reads the topic. Ends early where the log
 * turns out to be cut off within the range. A batch is read when the one before it was taken.
 * @param group of its own, nothing is committed for it
 * @throws MillraceError KAFKA_UNREACHABLE
 */
export async function* readRange(
  kafka: KafkaClient,
  group: string,
  range: OffsetRange,
): AsyncGenerator<IncomingMessage[]> {
  const reader = new RangeReader(kafka, group, range);
  try {
    await reader.start();
    for (let messages = await reader.next(); messages; messages = await reader.next()) yield messages;
  } finally {
    await reader.close();
  }
}

class RangeReader {
  private readonly consumer: ReturnType<KafkaClient['consumer']>;
  private readonly waiting: IncomingMessage[][] = [];
  /** The offset to read next. */
  private offset: bigint;
  private isOver = false;
  private failure: { error: unknown } | undefined;
  private change = Promise.withResolvers<void>();

  constructor(
    private readonly kafka: KafkaClient,
    private readonly group: string,
    private readonly range: OffsetRange,
  ) {
    this.offset = range.from;
    const isOurs = ({ partition }: { partition: number }) => partition === range.partition;
    this.consumer = kafka.consumer({
      group,
      topics: [range.topic],
      onAssigned: (partitions) => void this.place(partitions.map(({ partition }) => partition)).catch(this.fail),
      onBatch: (batch) => (isOurs(batch) ? this.take(batch) : Promise.resolve(pass(batch))),
      onNothing: (at, _from, to) => {
        if (isOurs(at)) this.reach(to);
      },
      onOutOfRange: (at) => {
        if (isOurs(at)) this.end();
      },
      onCrash: this.fail,
    });
  }

  start(): Promise<void> {
    return this.consumer.start();
  }

  /** @returns undefined at the end of the range */
  async next(): Promise<IncomingMessage[] | undefined> {
    for (;;) {
      if (this.failure) throw this.failure.error;
      const messages = this.waiting.shift();
      if (messages) {
        this.changed();
        return messages;
      }
      if (this.isOver || this.offset >= this.range.to) return undefined;
      await this.change.promise;
    }
  }

  async close(): Promise<void> {
    this.end();
    await this.consumer.close();
  }

  /** Of the other partitions nothing is wanted: they are begun at their ends. */
  private async place(partitions: number[]): Promise<void> {
    const { topic, partition: own } = this.range;
    const bounds = await this.kafka.lag(this.group, [topic]);
    for (const partition of partitions) {
      const end = bounds.find((log) => log.partition === partition)?.high;
      const offset = partition === own ? this.offset : end;
      if (offset !== undefined) this.consumer.seek({ topic, partition, offset });
    }
  }

  private async take(batch: FetchedBatch): Promise<void> {
    if (this.isOver || batch.isStale()) return;
    const { topic, partition, to } = this.range;
    if (batch.fetched_offset > this.offset) {
      this.consumer.seek({ topic, partition, offset: this.offset });
      return;
    }
    const wanted = batch.messages.filter(({ offset }) => offset >= this.offset && offset < to);
    if (wanted.length > 0) this.waiting.push(wanted);
    this.reach(batch.next_offset);
    pass(batch);
    while (this.waiting.length > 0 && !this.isOver) {
      await Promise.race([this.change.promise, timeout(HEARTBEAT_MS)]);
      await batch.heartbeat();
    }
  }

  private reach(offset: bigint): void {
    if (offset > this.offset) this.offset = offset;
    this.changed();
  }

  private end(): void {
    this.isOver = true;
    this.changed();
  }

  private readonly fail = (error: unknown): void => {
    this.failure ??= { error };
    this.changed();
  };

  private changed(): void {
    this.change.resolve();
    this.change = Promise.withResolvers<void>();
  }
}

function pass({ messages, taken }: FetchedBatch): void {
  const last = messages.at(-1);
  if (last) taken(last.offset);
}

function timeout(after_ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, after_ms).unref());
}
