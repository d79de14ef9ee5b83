import type { PartitionLag } from '@millrace/kafka';
import { createLogger } from '@millrace/telemetry';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Assignment } from './assignment.js';
import { LagWatch } from './lag-watch.js';
import { PartitionProgress } from './progress.js';

const logger = createLogger({ service: 'test', instance: 'test', level: 'silent' });
const topic = 'inbox.sales';
const lags: PartitionLag[] = [{ topic, partition: 0, committed: 5n, low: 0n, high: 9n, lag: 4 }];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Over a partition with lag, on which nothing is ever done. */
function watch(flow: { isHeld?: () => boolean; keepFrom?: () => bigint }, trim = false) {
  const progress = new PartitionProgress({ topic, partition: 0 }, 5n, 5n);
  const assignment = { partitions: [progress], isJoined: true, find: () => progress } as unknown as Assignment;
  const deleted: bigint[] = [];
  const kafka = {
    lag: async () => lags,
    deleteRecords: async (_topic: string, offsets: readonly { offset: bigint }[]) => {
      deleted.push(...offsets.map(({ offset }) => offset));
    },
  };
  const failures: unknown[] = [];
  const options = { stage: 'ingestor', group: 'group', topics: [topic], stall_ms: 4000, trim };
  const watching = new LagWatch(
    options,
    kafka,
    assignment,
    flow,
    () => 0,
    logger,
    (error) => failures.push(error),
  );
  return { watching, failures, deleted };
}

describe('the watch over the lag', () => {
  it('ends a consumer that has lag and makes no progress', async () => {
    const { watching, failures } = watch({});
    await vi.advanceTimersByTimeAsync(6000);
    watching.stop();
    expect(failures[0]).toMatchObject({ code: 'STALLED' });
  });

  it('lets a flow wait that is held by those behind it, and counts its time anew when it goes on', async () => {
    let isHeld = true;
    const { watching, failures } = watch({ isHeld: () => isHeld });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(failures).toEqual([]);
    isHeld = false;
    await vi.advanceTimersByTimeAsync(3000);
    expect(failures).toEqual([]);
    await vi.advanceTimersByTimeAsync(2000);
    watching.stop();
    expect(failures[0]).toMatchObject({ code: 'STALLED' });
  });

  it('deletes nothing that the flow still needs', async () => {
    const { watching, deleted } = watch({ keepFrom: () => 3n, isHeld: () => true }, true);
    await vi.advanceTimersByTimeAsync(3000);
    watching.stop();
    expect(deleted).toEqual([3n]);
  });
});
