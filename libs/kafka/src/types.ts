export interface TopicPartition {
  topic: string;
  partition: number;
}

/** `offset` is the next one to read. */
export interface PartitionOffset extends TopicPartition {
  offset: bigint;
}

/** One message to publish. `partition` is always explicit: placement is a function of the data. */
export interface OutgoingMessage extends TopicPartition {
  key: string;
  value: Buffer;
  headers?: Record<string, Buffer>;
}

export interface IncomingMessage extends TopicPartition {
  offset: bigint;
  value: Buffer | null;
  headers: Record<string, Buffer | undefined>;
  /** Producer's timestamp, epoch milliseconds. */
  timestamp_ms: number;
}

export interface PartitionLag extends TopicPartition {
  /** undefined: the group has not committed yet. */
  committed: bigint | undefined;
  /** First offset that the log still has, and the one behind its last. */
  low: bigint;
  high: bigint;
  /** Messages that the group has not committed: high - max(committed, low). */
  lag: number;
}
