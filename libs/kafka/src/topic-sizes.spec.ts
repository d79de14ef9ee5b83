import type { Admin } from '@platformatic/kafka';
import { expect, it } from 'vitest';
import { topicSizes } from './topic-sizes.js';

type Replica = [topic: string, partition: number, size: bigint, isMoving?: boolean];

/** A cluster whose brokers have these replicas, each broker one disk. */
function cluster(...brokers: Replica[][]): { admin: Admin; asked: unknown[] } {
  const asked: unknown[] = [];
  const describeLogDirs = async (question: unknown) => {
    asked.push(question);
    return brokers.map((replicas, broker) => ({
      broker,
      throttleTimeMs: 0,
      results: [{ logDir: '/data', totalBytes: 0n, usableBytes: 0n, topics: replicas.map(described) }],
    }));
  };
  return { admin: { describeLogDirs } as never, asked };
}

const described = ([name, partitionIndex, partitionSize, isFutureKey = false]: Replica) => ({
  name,
  partitions: [{ partitionIndex, partitionSize, offsetLag: 0n, isFutureKey }],
});

it('counts each partition once, by its largest replica, and not what is on its way to another disk', async () => {
  const { admin, asked } = cluster(
    [
      ['a', 0, 100n],
      ['a', 1, 10n],
      ['b', 0, 0n],
    ],
    [
      ['a', 0, 90n],
      ['a', 1, 20n],
      ['a', 1, 5000n, true],
    ],
  );
  const sizes = await topicSizes(admin, [
    { topic: 'a', partitions: 2 },
    { topic: 'b', partitions: 1 },
    { topic: 'missing', partitions: 1 },
  ]);
  expect(sizes).toEqual(
    new Map([
      ['a', 120],
      ['b', 0],
    ]),
  );
  expect(asked).toMatchObject([{ topics: [{ name: 'a', partitions: [0, 1] }, { name: 'b' }, { name: 'missing' }] }]);
});
