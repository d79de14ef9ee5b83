import type { Layer } from '@millrace/contracts';
import type { IncomingMessage, OutgoingMessage, TopicPartition } from '@millrace/kafka';

/** One message as a stage sees it: `topic`, `partition`, `offset`, `value`, `headers`, `timestamp_ms`. */
export interface StageMessage extends IncomingMessage {}

/** One message to publish. `partition` is always explicit: placement is a function of the data. */
export interface Output extends OutgoingMessage {}

/** What a transforming stage (cleaner, deduper) made of one message. Steps never see a producer. */
export interface Outcome {
  outputs: Output[];
  /** For logs and metrics: rows of the message's dataset by outcome, e.g. { rows: 12000, rejected: 300 }. */
  counts: Record<string, number>;
}

/**
 * Obligations of a stage's flow:
 * - `transform` is a deterministic function of the message (the deduper's bits are a hint and may differ).
 *   It throws MillraceError MESSAGE_*, PLAN_UNKNOWN or any other error on bytes it cannot take: the stage calls it a second time
 *   on the same bytes and then sets the message aside. An I/O error must be thrown as a retriable MillraceError (or as
 *   Node's own system error): it latches and ends the process. It is never called twice at once, and for one partition
 *   in the order of the offsets. `value` is never null here.
 * - `begin` answers where to read a newly assigned partition from: an offset below the committed one re-reads
 *   (deduper's refill: such messages come to `transform` too, which then returns no outputs), undefined = the committed offset.
 *   Messages of the partition wait for it. A partition that stays with this member over a rebalance, and that nobody
 *   else committed for, is not begun again.
 */
export interface TransformFlow {
  transform(message: StageMessage): Promise<Outcome> | Outcome;
  begin?(partition: TopicPartition, committed: bigint | undefined): Promise<bigint | undefined>;
  /** The partition was assigned to another member, or is about to be begun anew; drop its state. Nothing of it is in `transform`. */
  lost?(partition: TopicPartition): void;
  /** After `offset` (the next one to read) was committed to Kafka. */
  committed?(partition: TopicPartition, offset: bigint): void;
  /** With MILLRACE_TRIM: records from this offset on must be kept, even below the committed one. */
  keepFrom?(partition: TopicPartition): bigint;
  /** Once, at the end, when nothing is in flight any more. */
  close?(): Promise<void>;
}

/**
 * The aggregator's side: `apply` takes all that waits (several partitions, each in offset order), returns after the
 * one transaction has committed, with counts for the log; only it can say which dataset's they are, so it counts them in the metrics. Offsets in PostgreSQL are the truth; Kafka's are committed after for lag tools.
 * It gets every message that Kafka delivers, also one below what `begin` answered (a topic made anew), and values
 * that are garbage or null; whatever it throws latches and ends the process.
 */
export interface ApplyFlow {
  begin(partition: TopicPartition, committed: bigint | undefined): Promise<bigint | undefined>;
  apply(messages: StageMessage[]): Promise<Record<string, number>>;
  lost?(partition: TopicPartition): void;
  committed?(partition: TopicPartition, offset: bigint): void;
  keepFrom?(partition: TopicPartition): bigint;
  /**
   * Kafka does not have the offset that was to come next: the log was cut, or made anew. Answers where to read on, and takes
   * what it holds of the partition for void, as after `lost`. Without it reading goes on with whatever the log has.
   */
  outOfRange?(partition: TopicPartition): Promise<bigint>;
  /** Whether `apply` waits for those behind it to catch up: no stall, however long. */
  isHeld?(): boolean;
  /** Whether the topic is not read for now, as somebody wants it so: no stall either. */
  isPaused?(topic: string): boolean;
  close?(): Promise<void>;
}

export type Flow = TransformFlow | ApplyFlow;

/** Bounds of what is taken in and not yet done, and of one `apply`. */
export interface StageLimits {
  in_flight_messages: number;
  in_flight_bytes: number;
  apply_messages: number;
  apply_bytes: number;
  /** From the begin of one `apply` to that of the next, at least; less when a full group waits. Default 0. */
  apply_interval_ms?: number;
}

export interface StageOptions {
  /** Also the prefix of the fault points. */
  service: 'ingestor' | 'cleaner' | 'deduper' | 'aggregator';
  /** Consumer group; default `millrace.<service>`. */
  group?: string;
  /** Its label in the gauge of what is in flight; default: the service. */
  in_flight_stage?: string;
  /** It reads these layers of every dataset. */
  reads: Layer[];
  limits?: Partial<StageLimits>;
  /** With datasets from files it begins although PostgreSQL is away, which it only asks for what else there is. */
  canDoWithoutDatabase?: boolean;
}

const MEBIBYTE = 1024 * 1024;

export const TRANSFORM_LIMITS: StageLimits = {
  in_flight_messages: 16,
  in_flight_bytes: 16 * MEBIBYTE,
  apply_messages: 1,
  apply_bytes: 1,
};

/** Twice what one `apply` takes: the next one fills while one runs. */
export const APPLY_LIMITS: StageLimits = {
  in_flight_messages: 512,
  in_flight_bytes: 24 * MEBIBYTE,
  apply_messages: 256,
  apply_bytes: 12 * MEBIBYTE,
};
