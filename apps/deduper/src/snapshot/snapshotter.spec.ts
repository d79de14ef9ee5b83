import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyFilter } from '../filter/key-filter.js';
import { MemoryBudget } from '../filter/memory-budget.js';
import { Part } from '../part.js';
import { type SnapshotTiming, Snapshotter } from './snapshotter.js';

const timing: SnapshotTiming = { every_ms: 10_000, every_rows: 1000, max_bytes_per_second: 2 ** 20 };

let saved: string[];
beforeEach(() => {
  vi.useFakeTimers();
  saved = [];
});
afterEach(() => vi.useRealTimers());

function partOf(partition: number): Part {
  const start = { begin: 5n, committed: 5n, complete: true };
  return new Part('sales', 'silver.sales', partition, new KeyFilter(new MemoryBudget(2 ** 26)), start);
}

/** Parts of 1 MiB each: at 1 MiB/s, two of them may be written every 2 s. */
function snapshotterOf(
  parts: Part[],
  save: (part: Part) => Promise<void> = async (part) => void saved.push(`${part.partition}@${part.covered}`),
) {
  const failed: number[] = [];
  const log = { saved: () => {}, failed: (part: Part) => failed.push(part.partition) };
  const snapshotter = new Snapshotter(
    parts,
    async (part) => {
      await save(part);
      return 1;
    },
    log,
    timing,
  );
  snapshotter.start();
  return { snapshotter, failed };
}

function screened(part: Part, rows: number, offset: bigint): void {
  part.reach(offset - 1n, () => {});
  part.commit(offset);
  part.rows_since_snapshot += rows;
}

describe('Snapshotter', () => {
  it('writes a part that changed after its interval, and one that did not change never', async () => {
    const parts = [partOf(0), partOf(1)];
    snapshotterOf(parts);
    screened(parts[1], 10, 8n);
    await vi.advanceTimersByTimeAsync(9000);
    expect(saved).toEqual([]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(saved).toEqual(['1@8']);
    expect(parts.map((part) => part.snapshot_offset)).toEqual([5n, 8n]);
  });

  it('writes earlier after many rows, but no more bytes a second than allowed', async () => {
    const parts = [partOf(0), partOf(1), partOf(2), partOf(3)];
    snapshotterOf(parts);
    for (let second = 0; second < 9; second++) {
      for (const part of parts) screened(part, 1000, BigInt(10 + second));
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(saved.length).toBe(8);
  });

  it('keeps silver from the offset that was covered when the writing began', async () => {
    const part = partOf(0);
    screened(part, 10, 8n);
    const { snapshotter } = snapshotterOf([part], async () => screened(part, 20, 12n));
    await snapshotter.close();
    expect([part.snapshot_offset, part.rows_since_snapshot]).toEqual([8n, 20]);
  });

  it('writes neither incomplete nor lost parts', async () => {
    const parts = [partOf(0), partOf(1)];
    for (const part of parts) screened(part, 10, 8n);
    parts[0].complete = false;
    parts[1].lost = true;
    const { snapshotter } = snapshotterOf(parts);
    await vi.advanceTimersByTimeAsync(30_000);
    await snapshotter.close();
    expect(saved).toEqual([]);
  });

  it('goes on with the other parts when one cannot be written, and tries it again later', async () => {
    const parts = [partOf(0), partOf(1)];
    for (const part of parts) screened(part, 10, 8n);
    let full = true;
    const { failed } = snapshotterOf(parts, async (part) => {
      if (part.partition === 0 && full) throw new Error('ENOSPC');
      saved.push(`${part.partition}`);
    });
    await vi.advanceTimersByTimeAsync(11_000);
    full = false;
    await vi.advanceTimersByTimeAsync(11_000);
    expect([failed, saved]).toEqual([[0], ['1', '0']]);
  });

  it('writes what changed when it is closed, and no more after', async () => {
    const part = partOf(0);
    screened(part, 10, 8n);
    const { snapshotter } = snapshotterOf([part]);
    await snapshotter.close();
    screened(part, 10, 9n);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(saved).toEqual(['0@8']);
  });
});
