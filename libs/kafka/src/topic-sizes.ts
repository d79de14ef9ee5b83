import type { TopicSpec } from '@millrace/contracts';
import type { Admin } from '@platformatic/kafka';

/**
 * Bytes on the brokers' disks by topic: of each partition its largest replica, as a follower may be behind and is no data of
 * its own. Topics that do not exist are left out. It asks every broker, which asks nothing of the consumers' connections.
 */
export async function topicSizes(admin: Admin, topics: readonly TopicSpec[]): Promise<Map<string, number>> {
  const wanted = topics.map(({ topic, partitions }) => ({
    name: topic,
    partitions: Array.from({ length: partitions }, (_, partition) => partition),
  }));
  const brokers = await admin.describeLogDirs({ topics: wanted });
  const replicas = brokers.flatMap(({ results }) => results.flatMap((directory) => directory.topics));
  const largest = new Map<string, Map<number, bigint>>();
  for (const { name, partitions } of replicas) {
    const sizes = largest.get(name) ?? new Map<number, bigint>();
    largest.set(name, sizes);
    for (const { partitionIndex, partitionSize, isFutureKey } of partitions) {
      // A replica on its way to another disk.
      if (isFutureKey) continue;
      const known = sizes.get(partitionIndex) ?? 0n;
      sizes.set(partitionIndex, partitionSize > known ? partitionSize : known);
    }
  }
  return new Map(
    [...largest].map(([topic, sizes]) => [topic, Number([...sizes.values()].reduce((a, b) => a + b, 0n))]),
  );
}
