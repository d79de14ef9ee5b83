import { MillraceError } from '@millrace/contracts';
import type { Producer } from 'kafkajs';
import { toMillraceError } from './failure.js';
import type { OutgoingMessage } from './types.js';

/** No message may be larger; topics are made to take a little more (`TOPIC_CONFIG`). */
export const PUBLISH_LIMIT_BYTES = 8 * 1024 * 1024;

/** What the client needs beyond the value, at most: key, headers' names, record and batch overhead. */
const OVERHEAD_BYTES = 512;

/** Publishes at least once, acknowledged by all in-sync replicas. Values are compressed already: the client adds none. */
export class Publisher {
  constructor(private readonly producer: Producer) {}

  /**
   * Resolves when every message is acknowledged. After an error some may be in the log: publish all of them again.
   * @throws MillraceError MESSAGE_TOO_LARGE (before anything is sent, unless it is the broker's limit), KAFKA_UNREACHABLE
   */
  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    if (messages.length === 0) return;
    for (const message of messages) refuseOversized(message);
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

function refuseOversized({ topic, partition, key, value, headers }: OutgoingMessage): void {
  const headers_bytes = Object.values(headers ?? {}).reduce((sum, header) => sum + header.length, 0);
  const size_bytes = value.length + key.length + headers_bytes + OVERHEAD_BYTES;
  if (size_bytes > PUBLISH_LIMIT_BYTES) {
    throw new MillraceError('MESSAGE_TOO_LARGE', `message of ${value.length} bytes for ${topic}`, {
      place: { topic, partition },
    });
  }
}
