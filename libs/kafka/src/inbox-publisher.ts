import { MillraceError } from '@millrace/contracts';
import type { Producer, RecordMetadata } from 'kafkajs';
import { toMillraceError } from './failure.js';
import { REQUEST_BYTES, refuseOversized } from './publisher.js';
import type { TopicPartition } from './types.js';

/** `partition` is explicit, as its offset is part of the answer. */
export interface InboxMessage extends TopicPartition {
  value: Buffer;
  headers?: Record<string, Buffer>;
}

interface Waiting {
  message: InboxMessage;
  resolve: (published: { offset: bigint }) => void;
  reject: (error: unknown) => void;
}

/**
 * Publishes messages of live producers, each once: an idempotent producer, acknowledged by all in-sync replicas. One
 * request is under way at a time; what comes meanwhile goes out together with the next.
 */
export class InboxPublisher {
  private readonly waiting: Waiting[] = [];
  private sending: Promise<void> | undefined;
  private producer: Promise<Producer> | undefined;
  private closed = false;

  /** @param connect makes a producer with an identity (producer id) of its own */
  constructor(private readonly connect: () => Promise<Producer>) {}

  /** Connects ahead of the first message. @throws MillraceError KAFKA_UNREACHABLE */
  async open(): Promise<this> {
    await this.connected();
    return this;
  }

  /**
   * Resolves when the message is acknowledged. After an error other than MESSAGE_TOO_LARGE it may be in the log or not.
   * @throws MillraceError MESSAGE_TOO_LARGE, KAFKA_UNREACHABLE
   */
  async publish(message: InboxMessage): Promise<{ offset: bigint }> {
    refuseOversized({ ...message, key: '' });
    if (this.closed) throw new MillraceError('KAFKA_UNREACHABLE', 'the producer is closed');
    return new Promise((resolve, reject) => {
      this.waiting.push({ message, resolve, reject });
      this.sending ??= this.sendWaiting();
    });
  }

  /** Waits for what was published. */
  async close(): Promise<void> {
    this.closed = true;
    await this.sending;
    await this.discard();
  }

  private async sendWaiting(): Promise<void> {
    while (this.waiting.length > 0) await this.send(this.takeTogether());
    this.sending = undefined;
  }

  private takeTogether(): Waiting[] {
    let count = 0;
    for (let size_bytes = 0; count < this.waiting.length; count++) {
      size_bytes += this.waiting[count].message.value.length;
      if (count > 0 && size_bytes > REQUEST_BYTES) break;
    }
    return this.waiting.splice(0, count);
  }

  /** Never rejects: each publication learns its own outcome. */
  private async send(together: Waiting[]): Promise<void> {
    try {
      const offsets = await this.request(together.map(({ message }) => message));
      for (const [index, { resolve }] of together.entries()) resolve({ offset: offsets[index] });
    } catch (failure) {
      const error = toMillraceError(failure, 'publishing to the inbox');
      if (error.code === 'MESSAGE_TOO_LARGE') {
        if (together.length > 1) return this.sendApart(together);
      } else {
        // Its next request would bear the sequence number of the failed one, which may have arrived: the broker would take
        // the new messages for a repetition of the old ones, and drop them.
        void this.discard();
      }
      for (const { reject } of together) reject(error);
    }
  }

  /**
   * After the broker found something too large, by a limit below ours: only that may suffer for it. First by partition,
   * which it took or refused as a whole: the ones that it took it recognizes by their sequence numbers.
   */
  private async sendApart(together: Waiting[]): Promise<void> {
    const partitions = Map.groupBy(together, ({ message: { topic, partition } }) => `${topic}/${partition}`);
    const parts = partitions.size > 1 ? [...partitions.values()] : together.map((one) => [one]);
    for (const part of parts) await this.send(part);
  }

  /** @returns the offset of each message */
  private async request(messages: InboxMessage[]): Promise<bigint[]> {
    const producer = await this.connected();
    const topics = Map.groupBy(messages, ({ topic }) => topic);
    const topicMessages = [...topics].map(([topic, group]) => ({
      topic,
      messages: group.map(({ partition, value, headers }) => ({ key: null, partition, value, headers })),
    }));
    const answers = await producer.sendBatch({ acks: -1, timeout: 10_000, topicMessages });
    const next = new Map(answers.map((answer) => [`${answer.topicName}/${answer.partition}`, baseOffset(answer)]));
    return messages.map(({ topic, partition }) => {
      const key = `${topic}/${partition}`;
      const offset = next.get(key);
      if (offset === undefined) throw new MillraceError('KAFKA_UNREACHABLE', `no answer for ${key}`);
      next.set(key, offset + 1n);
      return offset;
    });
  }

  private connected(): Promise<Producer> {
    this.producer ??= this.connect();
    return this.producer;
  }

  private async discard(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    await producer?.then((connected) => connected.disconnect()).catch(() => {});
  }
}

/** -1: the broker knows that it has the messages, and no longer where. */
function baseOffset({ topicName, partition, baseOffset: offset }: RecordMetadata): bigint {
  if (offset !== undefined && BigInt(offset) >= 0n) return BigInt(offset);
  throw new MillraceError('KAFKA_UNREACHABLE', `no offset of what was sent to ${topicName}/${partition}`);
}
