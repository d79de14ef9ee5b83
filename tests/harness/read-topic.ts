import { randomUUID } from 'node:crypto';
import type { IncomingMessage, KafkaClient } from '@millrace/kafka';

/** Every message that a topic has now, by partition and offset. */
export async function readTopic(kafka: KafkaClient, topic: string): Promise<IncomingMessage[]> {
  const group = `read-${randomUUID()}`;
  const bounds = await kafka.lag(group, [topic]);
  const missing = new Map(bounds.filter(({ lag }) => lag > 0).map(({ partition, high }) => [partition, high]));
  if (missing.size === 0) return [];
  const found: IncomingMessage[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const consumer = kafka.consumer({
    group,
    topics: [topic],
    onAssigned() {},
    onOutOfRange() {},
    onCrash: reject,
    async onBatch({ partition, messages, taken }) {
      for (const message of messages) {
        found.push(message);
        taken(message.offset);
        if (message.offset + 1n >= (missing.get(partition) ?? -1n)) missing.delete(partition);
      }
      if (missing.size === 0) resolve();
    },
  });
  await consumer.start();
  await promise;
  await consumer.close();
  return found.sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
}
