import type { Admin, ITopicConfig } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { ensureTopics } from './topics.js';

function recordingAdmin() {
  const made: ITopicConfig[] = [];
  const admin = {
    listTopics: async () => [],
    createTopics: async ({ topics }: { topics: ITopicConfig[] }) => {
      made.push(...topics);
      return true;
    },
    fetchTopicOffsets: async () => [],
    fetchTopicMetadata: async ({ topics }: { topics: string[] }) => ({
      topics: topics.map((name) => ({ name, partitions: Array(3).fill({}) })),
    }),
  };
  return { admin: admin as unknown as Admin, made };
}

describe('topics', () => {
  it("are replicated as the cluster's owner says, and how many replicas must agree is not ours to say", async () => {
    const { admin, made } = recordingAdmin();
    await ensureTopics(admin, [{ topic: 'a', partitions: 3 }], { 'retention.ms': '-1' });
    expect(made).toEqual([
      {
        topic: 'a',
        numPartitions: 3,
        replicationFactor: -1,
        configEntries: [{ name: 'retention.ms', value: '-1' }],
      },
    ]);
  });

  it('with another number of partitions are refused, as placement depends on it', async () => {
    const { admin } = recordingAdmin();
    await expect(ensureTopics(admin, [{ topic: 'a', partitions: 4 }], {})).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      place: { topic: 'a' },
    });
  });
});
