import { createLogger, metrics } from '@millrace/telemetry';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Part } from '../part.js';
import { FilterReport } from './filter-report.js';
import { KeyFilter } from './key-filter.js';
import { MemoryBudget } from './memory-budget.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function partOf(partition: number, max_bytes: number): Part {
  const filter = new KeyFilter(new MemoryBudget(max_bytes), [], 1);
  return new Part('sales', 'silver.sales', partition, filter, { begin: 0n, committed: 0n, complete: true });
}

function add(part: Part, rows: number): void {
  const hashes = new Uint32Array(2 * rows).map((_, index) => Math.imul(index + 1, 0x9e3779b1));
  for (let batch = 0; batch < 4; batch++) {
    part.filter?.screen(
      hashes.map((lane) => Math.imul(lane, batch + 3)),
      rows,
      new Uint8Array((rows + 7) >> 3),
    );
  }
}

describe('FilterReport', () => {
  it('shows bytes and keys by dataset, zero for a dataset without parts, and tells once of a filter at its bound', async () => {
    const lines: { msg: string; partition: number }[] = [];
    const logger = createLogger(
      { service: 'deduper', instance: 'deduper-1' },
      { write: (line: string) => void lines.push(JSON.parse(line)) },
    );
    const parts = [partOf(0, 256), partOf(1, 2 ** 20)];
    const report = new FilterReport(() => ['sales', 'orders'], parts, 256, logger);
    report.start();
    for (const part of parts) add(part, 40);
    await vi.advanceTimersByTimeAsync(3000);
    report.stop();
    const values = async (name: string) => {
      const metric = await metrics.registry.getSingleMetric(name)?.get();
      return Object.fromEntries(metric?.values.map(({ labels, value }) => [labels.dataset, value]) ?? []);
    };
    const size_bytes = parts[0].filter!.size_bytes + parts[1].filter!.size_bytes;
    expect(await values('millrace_filter_bytes')).toEqual({ sales: size_bytes, orders: 0 });
    expect(await values('millrace_filter_keys')).toEqual({
      sales: parts[0].filter!.keys + parts[1].filter!.keys,
      orders: 0,
    });
    expect((await metrics.filterLimitBytes.get()).values).toEqual([{ labels: {}, value: 256 }]);
    expect(lines.map(({ partition }) => partition)).toEqual([0]);
    expect(lines[0].msg).toContain('MILLRACE_FILTER_MAX_BYTES');
  });
});
