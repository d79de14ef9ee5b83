import { LIMITS } from '@millrace/contracts';
import type { DatasetPlan, OutlierRule } from '@millrace/dataset';
import { describe, expect, it, vi } from 'vitest';
import { InFlightBytes } from './in-flight.js';
import { dependsOnChunks, MemoryPressure } from './memory-pressure.js';

const MIB = 1024 * 1024;

function rig(most_bytes = 64 * MIB) {
  const memory = { used_bytes: 0, limit_bytes: 100 };
  const in_flight = new InFlightBytes(most_bytes, 'spec');
  const log = { info: vi.fn(), warn: vi.fn() };
  return { memory, in_flight, log, pressure: new MemoryPressure(in_flight, log, () => memory) };
}

const rule = (low: string | null, high: string | null): OutlierRule => ({
  ...{ method: 'iqr', factor: '1.5', action: 'reject' },
  ...{ low, high },
});
const planWith = (outliers: OutlierRule | null) => ({ columns: [{ outliers: null }, { outliers }] }) as DatasetPlan;

describe('memory that is short', () => {
  it('halves what may be in flight, down to some chunks, and gives it back by and by', () => {
    const { memory, in_flight, log, pressure } = rig();
    memory.used_bytes = 95;
    pressure.look();
    expect(in_flight.limit_bytes).toBe(32 * MIB);
    for (let look = 0; look < 10; look++) pressure.look();
    expect(in_flight.limit_bytes).toBe(4 * LIMITS.chunk_bytes);
    expect(log.warn).toHaveBeenCalledTimes(1);
    memory.used_bytes = 80;
    pressure.look();
    expect(in_flight.limit_bytes).toBe(4 * LIMITS.chunk_bytes);
    memory.used_bytes = 10;
    pressure.look();
    expect(in_flight.limit_bytes).toBe(5 * LIMITS.chunk_bytes);
    for (let look = 0; look < 50; look++) pressure.look();
    expect(in_flight.limit_bytes).toBe(64 * MIB);
    expect(log.info).toHaveBeenCalledTimes(1);
  });

  it('never takes a bound that is small already', () => {
    const { memory, in_flight, pressure } = rig(1000);
    memory.used_bytes = 95;
    pressure.look();
    expect(in_flight.limit_bytes).toBe(1000);
  });

  it('makes chunks small, unless rows come out otherwise by it', () => {
    const { memory, pressure } = rig();
    expect(pressure.chunkBytes(planWith(null), null)).toBeNull();
    expect(pressure.chunkBytes(planWith(null), 512 * 1024)).toBe(512 * 1024);
    memory.used_bytes = 95;
    pressure.look();
    expect(pressure.chunkBytes(planWith(null), null)).toBe(LIMITS.chunk_bytes / 4);
    expect(pressure.chunkBytes(planWith(null), 1000)).toBe(1000);
    expect(pressure.chunkBytes(planWith(rule(null, null)), 1000)).toBeNull();
    expect(pressure.chunkBytes(planWith(rule('0', '9')), null)).toBe(LIMITS.chunk_bytes / 4);
  });

  it('begins where a run was planned to, within bounds', () => {
    const { in_flight } = rig();
    in_flight.begin(16 * MIB);
    expect(in_flight.hasRoomFor(16 * MIB)).toBe(true);
    expect(in_flight.hasRoomFor(16 * MIB + 1)).toBe(false);
    in_flight.begin(1);
    expect(in_flight.limit_bytes).toBe(4 * LIMITS.chunk_bytes);
    in_flight.begin(1000 * MIB);
    expect(in_flight.limit_bytes).toBe(64 * MIB);
  });
});

describe('outliers', () => {
  it('depend on chunks unless both fences are fixed', () => {
    expect(
      [null, rule(null, null), rule('1', null), rule('1', '2')].map((one) => dependsOnChunks(planWith(one))),
    ).toEqual([false, true, true, false]);
  });
});
