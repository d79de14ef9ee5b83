import type { Logger } from '@millrace/telemetry';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import { isRebalance, toMillraceError } from './failure.js';
import type { Membership } from './membership.js';
import type { IncomingMessage, PartitionOffset, TopicPartition } from './types.js';

/** Messages of one partition, in offset order, as one fetch brought them. */
export interface FetchedBatch extends TopicPartition {
  messages: IncomingMessage[];
  /** The offset that was asked for: between it and the first message there is nothing. */
  fetched_offset: bigint;
  /** Behind the last message, and behind what follows it that is none: markers of transactions, aborted messages. */
  next_offset: bigint;
  /** The offset behind the last message of the log, at the time of the fetch. */
  high_watermark: bigint;
  /** A seek came in between: the messages are not those that were asked for. */
  isStale(): boolean;
  /** Keeps the membership while `onBatch` takes its time; cheap, sends one only when due. @throws when the group rebalances: let it pass */
  heartbeat(): Promise<void>;
  /** The message was taken over: the next fetch begins behind it. */
  taken(offset: bigint): void;
}

export interface ConsumerHandlers {
  /** A new generation of the group with this assignment; may overlap the batches that follow, which must wait for it. */
  onAssigned(partitions: TopicPartition[]): void;
  onBatch(batch: FetchedBatch): Promise<void>;
  /** A fetch brought no message, only what is none, at the offsets `from` to below `to`. */
  onNothing?(partition: TopicPartition, from: bigint, to: bigint): void;
  /** Kafka does not have the next offset to read; what comes next begins at the start of its log. */
  onOutOfRange(partition: TopicPartition): void;
  /** The client gave up, or `onBatch` threw something that is no rebalance. It does not start again. */
  onCrash(error: Error): void;
}

/** A member of a consumer group that commits only what it is told to. */
export class GroupConsumer {
  private generation = 0;
  private joined = false;

  constructor(
    private readonly consumer: Consumer,
    private readonly topics: readonly string[],
    private readonly handlers: ConsumerHandlers,
    private readonly logger: Logger,
    private readonly membership: Membership,
    private readonly leaveForPredecessor: () => Promise<boolean>,
  ) {}

  /** true between the first assignment and a crash or close. */
  get isJoined(): boolean {
    return this.joined;
  }

  async start(): Promise<void> {
    const { GROUP_JOIN, CRASH, START_BATCH_PROCESS } = this.consumer.events;
    this.consumer.on(GROUP_JOIN, ({ payload }) => {
      this.generation++;
      this.joined = true;
      this.membership.remember(payload.memberId);
      const partitions = Object.entries(payload.memberAssignment).flatMap(([topic, numbers]) =>
        (numbers as number[]).map((partition) => ({ topic, partition })),
      );
      this.logger.info({ generation: this.generation, partitions: partitions.length }, 'joined the group');
      this.handlers.onAssigned(partitions);
    });
    this.consumer.on(CRASH, ({ payload }) => {
      this.joined = false;
      this.handlers.onCrash(toMillraceError(payload.error, 'consuming'));
    });
    this.consumer.on(START_BATCH_PROCESS, ({ payload: { topic, partition, batchSize, firstOffset, lastOffset } }) => {
      if (batchSize > 0 || firstOffset === null) return;
      this.handlers.onNothing?.({ topic, partition }, BigInt(firstOffset), BigInt(lastOffset) + 1n);
    });
    if (await this.leaveForPredecessor())
      this.logger.info('took the membership of a killed predecessor out of the group');
    try {
      await this.consumer.connect();
      await this.consumer.subscribe({ topics: [...this.topics], fromBeginning: true });
      await this.consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: 16,
        eachBatch: (payload) => this.handlers.onBatch(fetched(payload)),
      });
    } catch (error) {
      throw toMillraceError(error, `subscribing to ${this.topics.join(', ')}`);
    }
  }

  /**
   * @returns false when the group has moved on without this member: nothing was committed, a new assignment follows
   * @throws MillraceError KAFKA_UNREACHABLE
   */
  async commit(offsets: readonly PartitionOffset[]): Promise<boolean> {
    if (offsets.length === 0) return true;
    const { generation } = this;
    try {
      await this.consumer.commitOffsets(
        offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset: offset.toString() })),
      );
    } catch (error) {
      if (isRebalance(error)) return false;
      throw toMillraceError(error, 'committing offsets');
    }
    return generation === this.generation;
  }

  /** Takes effect with the next fetch; a batch that is under way still arrives. */
  seek({ topic, partition, offset }: PartitionOffset): void {
    this.consumer.seek({ topic, partition, offset: offset.toString() });
  }

  /** Fetches no more of these topics, and stays a member. A batch that is under way still arrives. @param topics default: all */
  pause(topics = this.topics): void {
    this.consumer.pause(topics.map((topic) => ({ topic })));
  }

  /** Goes on fetching where it was. */
  resume(topics: readonly string[]): void {
    this.consumer.resume(topics.map((topic) => ({ topic })));
  }

  /** Leaves the group. Commits nothing. Waits for `onBatch` to return. */
  async close(): Promise<void> {
    this.joined = false;
    await this.consumer.disconnect();
    this.membership.forget();
  }
}

function fetched({ batch, heartbeat, isStale, resolveOffset }: EachBatchPayload): FetchedBatch {
  const { topic, partition } = batch;
  return {
    topic,
    partition,
    messages: batch.messages.map((message) => ({
      topic,
      partition,
      offset: BigInt(message.offset),
      value: message.value,
      headers: message.headers as Record<string, Buffer | undefined>,
      timestamp_ms: Number(message.timestamp),
    })),
    // The field is there, the types lack it.
    fetched_offset: BigInt((batch as unknown as { fetchedOffset: string }).fetchedOffset),
    next_offset: BigInt(batch.lastOffset()) + 1n,
    high_watermark: BigInt(batch.highWatermark),
    isStale,
    heartbeat,
    taken: (offset) => resolveOffset(offset.toString()),
  };
}
