import { describe, expect, it } from 'vitest';
import { distribution, quantile } from './latency.mjs';

describe('quantile', () => {
  it('is the smallest value that at least that share does not pass', () => {
    const values = Array.from({ length: 200 }, (_, at) => at + 1);
    expect([0.5, 0.95, 0.99, 1].map((share) => quantile(values, share))).toEqual([100, 190, 198, 200]);
    expect(quantile([7], 0.5)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe('distribution', () => {
  it('takes values in any order', () => {
    expect(distribution([30.04, 10, 20])).toEqual({
      count: 3,
      mean_ms: 20,
      p50_ms: 20,
      p95_ms: 30,
      p99_ms: 30,
      max_ms: 30,
    });
  });
});
