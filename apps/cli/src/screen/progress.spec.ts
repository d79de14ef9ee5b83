import { describe, expect, it } from 'vitest';
import { Meter, progressLine, type ScanProgress } from './progress.js';

const at = (change: Partial<ScanProgress>): ScanProgress => ({
  size_bytes: 80_000_000,
  cut_bytes: 40_000_000,
  cut_rows: 500_000,
  written: 0,
  duplicates: 0,
  rejected: 0,
  failed: 0,
  ...change,
});

describe('Meter', () => {
  it('knows no rate and no end at the first look', () => {
    expect(new Meter().pace(at({}), 0)).toEqual({ rows_per_second: 0, done_bytes: 0, eta_seconds: null });
  });

  it('judges the whole by what is cut so far', () => {
    const meter = new Meter();
    meter.pace(at({}), 0);
    const pace = meter.pace(at({ written: 190_000, duplicates: 6_000, rejected: 4_000 }), 1000);
    expect(pace).toEqual({ rows_per_second: 200_000, done_bytes: 16_000_000, eta_seconds: 4 });
  });

  it('forgets what is older than its window', () => {
    const meter = new Meter();
    for (let second = 0; second <= 10; second++) meter.pace(at({ written: second * 1000 }), second * 1000);
    expect(meter.pace(at({ written: 10_000 }), 15_000).rows_per_second).toBe(0);
  });

  it('has nothing left when all rows are done', () => {
    const meter = new Meter();
    meter.pace(at({ cut_bytes: 80_000_000 }), 0);
    expect(meter.pace(at({ cut_bytes: 80_000_000, written: 500_000 }), 500).eta_seconds).toBe(0);
  });
});

describe('progressLine', () => {
  it('is one line with rate, size, outcomes and the time left', () => {
    const pace = { rows_per_second: 200_123.4, done_bytes: 16_000_000, eta_seconds: 4 };
    expect(progressLine(at({ written: 190_000, duplicates: 6_000, rejected: 4_000 }), pace)).toBe(
      '200,123 rows/s · 16.0 MB of 80.0 MB · 190,000 written · 6,000 duplicates · 4,000 rejected · 4.0 s left',
    );
  });

  it('shows failed rows only when there are any, and no time while none can be told', () => {
    const pace = { rows_per_second: 0, done_bytes: 0, eta_seconds: null };
    const line = progressLine(at({ failed: 7 }), pace);
    expect(line).toContain('7 failed');
    expect(line).not.toContain('left');
  });
});
