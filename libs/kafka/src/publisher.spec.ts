import type { Producer } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { PUBLISH_LIMIT_BYTES, Publisher } from './publisher.js';

function recording() {
  const sent: Parameters<Producer['sendBatch']>[0][] = [];
  const producer = { sendBatch: async (batch: (typeof sent)[number]) => void sent.push(batch) };
  return { sent, publisher: new Publisher(producer as unknown as Producer) };
}

const message = (topic: string, partition: number, size_bytes = 1) => ({
  topic,
  partition,
  key: 'k',
  value: Buffer.alloc(size_bytes),
});

describe('publisher', () => {
  it('sends all topics in one request, acknowledged by all replicas, each message where it belongs', async () => {
    const { sent, publisher } = recording();
    await publisher.publish([message('a', 1), message('b', 2), message('a', 3)]);
    expect(sent).toHaveLength(1);
    expect(sent[0].acks).toBe(-1);
    const placed = sent[0].topicMessages?.map(({ topic, messages }) => [topic, messages.map((m) => m.partition)]);
    expect(placed).toEqual([
      ['a', [1, 3]],
      ['b', [2]],
    ]);
  });

  it('refuses an oversized message before anything is sent', async () => {
    const { sent, publisher } = recording();
    await expect(publisher.publish([message('a', 1), message('a', 2, PUBLISH_LIMIT_BYTES)])).rejects.toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
      place: { topic: 'a', partition: 2 },
    });
    expect(sent).toEqual([]);
  });
});
