import { setTimeout } from 'node:timers/promises';
import { MillraceError, type TopicSpec } from '@millrace/contracts';
import type { Admin } from 'kafkajs';
import { failureTypes } from './failure.js';
import { PUBLISH_LIMIT_BYTES } from './publisher.js';
import type { PartitionLag, PartitionOffset } from './types.js';

/** Config of our topics: nothing expires by time or size (consumed records are deleted, or an operator sets a retention). */
export const TOPIC_CONFIG: Readonly<Record<string, string>> = {
  'retention.ms': '-1',
  'retention.bytes': '-1',
  'max.message.bytes': String(PUBLISH_LIMIT_BYTES + 1024 * 1024),
};

/**
 * Makes the topics that are missing. Several processes may do so at once.
 * @returns those that were missing
 * @throws MillraceError CONFIG_INVALID when a topic exists with another number of partitions: placement depends on it
 */
export async function ensureTopics(
  admin: Admin,
  specs: readonly TopicSpec[],
  config: Readonly<Record<string, string>>,
): Promise<string[]> {
  const existing = new Set(await admin.listTopics());
  const missing = specs.filter(({ topic }) => !existing.has(topic));
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  // A request that fails for nothing but topics that others made meanwhile has made the rest.
  for (const some of slices(missing)) {
    const topics = some.map(({ topic, partitions }) => ({
      topic,
      numPartitions: partitions,
      // The broker's own default.replication.factor, and its min.insync.replicas: a cluster's owner decides how safe data is.
      replicationFactor: -1,
      configEntries,
    }));
    await admin.createTopics({ topics, waitForLeaders: false });
  }
  // The broker makes the logs when it has answered: consumers that came sooner would fail and join again, and again.
  for (const { topic } of missing) await soon(() => admin.fetchTopicOffsets(topic));
  for (const some of slices(specs)) {
    const { topics } = await soon(() => admin.fetchTopicMetadata({ topics: some.map(({ topic }) => topic) }));
    const found = new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
    for (const { topic, partitions } of some) {
      if (found.get(topic) === partitions) continue;
      const problem = `topic ${topic} has ${found.get(topic)} partitions where the dataset needs ${partitions}`;
      throw new MillraceError('CONFIG_INVALID', `${problem}: delete the topic or use the dataset's former parts`, {
        place: { topic },
      });
    }
  }
  return missing.map(({ topic }) => topic);
}

/** A request a topic is slow with many datasets; one for all could outlast the request's time on a slow broker. */
const TOPICS_A_REQUEST = 50;

function slices<T>(all: readonly T[]): T[][] {
  const starts = Array.from(
    { length: Math.ceil(all.length / TOPICS_A_REQUEST) },
    (_, index) => index * TOPICS_A_REQUEST,
  );
  return starts.map((start) => all.slice(start, start + TOPICS_A_REQUEST));
}

const NOT_YET = ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION'];

/** Asks until the topics just made are known to the broker that is asked. */
async function soon<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries_left = 50; ; tries_left--) {
    try {
      return await ask();
    } catch (error) {
      if (tries_left === 0 || !failureTypes(error).some((type) => NOT_YET.includes(type))) throw error;
      await setTimeout(100);
    }
  }
}

/** The group's committed offset of each partition, undefined where it has none. */
export async function committedOffsets(
  admin: Admin,
  group: string,
  topics: readonly string[],
): Promise<{ topic: string; partition: number; offset: bigint | undefined }[]> {
  const responses = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
  return responses.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, offset }) => ({
      topic,
      partition,
      // Negative: none, or the client's own mark for `from the start`.
      offset: BigInt(offset) < 0n ? undefined : BigInt(offset),
    })),
  );
}

export async function groupLag(admin: Admin, group: string, topics: readonly string[]): Promise<PartitionLag[]> {
  const committed = await committedOffsets(admin, group, topics);
  const lags: PartitionLag[] = [];
  for (const topic of topics) {
    const log = await admin.fetchTopicOffsets(topic);
    for (const bounds of log.sort((a, b) => a.partition - b.partition)) {
      const offset = committed.find((c) => c.topic === topic && c.partition === bounds.partition)?.offset;
      const low = BigInt(bounds.low);
      const high = BigInt(bounds.high);
      const from = offset === undefined || offset < low ? low : offset;
      lags.push({
        topic,
        partition: bounds.partition,
        committed: offset,
        low,
        high,
        lag: Math.max(0, Number(high - from)),
      });
    }
  }
  return lags;
}

/** Deletes what lies below the offsets. What is gone already, or not there yet, is no error. */
export async function deleteRecords(admin: Admin, offsets: readonly PartitionOffset[]): Promise<void> {
  for (const topic of new Set(offsets.map((offset) => offset.topic))) {
    // Also makes the client know the topic, without which it finds no leader for its partitions.
    const bounds = await admin.fetchTopicOffsets(topic);
    const partitions = offsets
      .filter((wanted) => wanted.topic === topic)
      .filter(({ partition, offset }) => {
        const log = bounds.find((candidate) => candidate.partition === partition);
        return log && offset > BigInt(log.low) && offset <= BigInt(log.high);
      })
      .map(({ partition, offset }) => ({ partition, offset: offset.toString() }));
    if (partitions.length === 0) continue;
    try {
      await admin.deleteTopicRecords({ topic, partitions });
    } catch (error) {
      if (!failureTypes(error).includes('OFFSET_OUT_OF_RANGE')) throw error;
    }
  }
}
