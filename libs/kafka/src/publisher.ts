import { MillraceError } from '@millrace/contracts';
import type { Producer } from 'kafkajs';
import { toMillraceError } from './failure.js';
import type { OutgoingMessage } from './types.js';

/** No message may be larger; topics are made to take a little more (`TOPIC_CONFIG`). */
export const PUBLISH_LIMIT_BYTES = 8 * 1024 * 1024;

/** What the client needs beyond the value, at most: key, headers' names, record and batch overhead. */
const OVERHEAD_BYTES = 512;

/** Of one request; a message larger than this goes alone. */
export const REQUEST_BYTES = 4 * 1024 * 1024;

interface Waiting {
  messages: readonly OutgoingMessage[];
  size_bytes: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Publishes at least once, acknowledged by all in-sync replicas. Values are compressed already: the client adds none.
 * One request is under way; what is to be published meanwhile goes out together with the next. Each request costs client and broker more than
 * its bytes do: with two at once there were twice as many, and no more went through.
 */
export class Publisher {
  private readonly waiting: Waiting[] = [];
  private sending = false;

  constructor(private readonly producer: Producer) {}

  /**
   * Resolves when every message is acknowledged. After an error some may be in the log: publish all of them again.
   * @throws MillraceError MESSAGE_TOO_LARGE (before anything is sent, unless it is the broker's limit), KAFKA_UNREACHABLE
   */
  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    if (messages.length === 0) return;
    for (const message of messages) refuseOversized(message);
    const size_bytes = messages.reduce((sum, { value }) => sum + value.length, 0);
    await new Promise<void>((resolve, reject) => {
      this.waiting.push({ messages, size_bytes, resolve, reject });
      this.sendWaiting();
    });
  }

  private sendWaiting(): void {
    if (this.sending || this.waiting.length === 0) return;
    this.sending = true;
    void this.sendTogether(this.takeTogether()).finally(() => {
      this.sending = false;
      this.sendWaiting();
    });
  }

  /** Never rejects: each publication learns its own outcome. */
  private async sendTogether(together: Waiting[]): Promise<void> {
    try {
      await this.send(together.flatMap(({ messages }) => messages));
      for (const { resolve } of together) resolve();
    } catch (error) {
      const isOneTooLarge = error instanceof MillraceError && error.code === 'MESSAGE_TOO_LARGE' && together.length > 1;
      if (!isOneTooLarge) {
        for (const { reject } of together) reject(error);
        return;
      }
      // By the broker's own limit, below ours: only the one that it refuses may suffer for it.
      for (const one of together) await this.sendTogether([one]);
    }
  }

  private takeTogether(): Waiting[] {
    let count = 0;
    for (let size_bytes = 0; count < this.waiting.length; count++) {
      size_bytes += this.waiting[count].size_bytes;
      if (count > 0 && size_bytes > REQUEST_BYTES) break;
    }
    return this.waiting.splice(0, count);
  }

  private async send(messages: readonly OutgoingMessage[]): Promise<void> {
    const topics = new Map<string, OutgoingMessage[]>();
    for (const message of messages) {
      const group = topics.get(message.topic);
      if (group) group.push(message);
      else topics.set(message.topic, [message]);
    }
    const topicMessages = [...topics].map(([topic, group]) => ({
      topic,
      messages: group.map(({ key, value, partition, headers }) => ({ key, value, partition, headers })),
    }));
    try {
      await this.producer.sendBatch({ acks: -1, timeout: 10_000, topicMessages });
    } catch (error) {
      throw toMillraceError(error, `publishing to ${[...topics.keys()].join(', ')}`);
    }
  }

  async close(): Promise<void> {
    await this.producer.disconnect();
  }
}

/** @throws MillraceError MESSAGE_TOO_LARGE */
export function refuseOversized({ topic, partition, key, value, headers }: OutgoingMessage): void {
  const headers_bytes = Object.values(headers ?? {}).reduce((sum, header) => sum + header.length, 0);
  const size_bytes = value.length + key.length + headers_bytes + OVERHEAD_BYTES;
  if (size_bytes > PUBLISH_LIMIT_BYTES) {
    throw new MillraceError('MESSAGE_TOO_LARGE', `message of ${value.length} bytes for ${topic}`, {
      place: { topic, partition },
    });
  }
}
