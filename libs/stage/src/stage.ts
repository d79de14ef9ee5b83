import type { TopicPartition } from '@millrace/kafka';

/** One message as a stage sees it. */
export interface StageMessage extends TopicPartition {
  offset: bigint;
  value: Buffer | null;
  headers: Record<string, Buffer | undefined>;
  /** Producer's timestamp, epoch milliseconds. */
  timestamp_ms: number;
}

/** One message to publish. `partition` is always explicit: placement is a function of the data. */
export interface Output {
  topic: string;
  partition: number;
  key: string;
  value: Buffer;
  headers?: Record<string, Buffer>;
}

/** What a transforming stage (cleaner, deduper) made of one message. Steps never see a producer. */
export interface Outcome {
  outputs: Output[];
  /** For logs and metrics: counts by outcome, e.g. { rows: 12000, rejected: 300 }. */
  counts: Record<string, number>;
}

/**
 * Obligations of a stage's flow:
 * - `transform` is a deterministic function of the message (the deduper's bits are a hint and may differ).
 *   It throws MillraceError MESSAGE_*, PLAN_UNKNOWN or any other error on bytes it cannot take: the stage calls it a second time
 *   on the same bytes and then sets the message aside. An I/O error must be thrown as a retriable MillraceError:
 *   it latches and ends the process.
 * - `begin` answers where to read a newly assigned partition from: an offset below the committed one re-reads
 *   (deduper's refill), undefined = the committed offset.
 */
export interface TransformFlow {
  transform(message: StageMessage): Promise<Outcome> | Outcome;
  begin?(partition: TopicPartition, committed: bigint | undefined): Promise<bigint | undefined>;
  /** The partition was assigned to another member; drop its state. */
  lost?(partition: TopicPartition): void;
  /** After `offset` (the next one to read) was committed to Kafka. */
  committed?(partition: TopicPartition, offset: bigint): void;
  close?(): Promise<void>;
}

/**
 * The aggregator's side: `apply` takes all that waits (several partitions, each in offset order), returns after the
 * one transaction has committed. Offsets in PostgreSQL are the truth; Kafka's are committed after for lag tools.
 */
export interface ApplyFlow {
  begin(partition: TopicPartition, committed: bigint | undefined): Promise<bigint | undefined>;
  apply(messages: StageMessage[]): Promise<Record<string, number>>;
  close?(): Promise<void>;
}
