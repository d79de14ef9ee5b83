import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.js';

function bucketAt(per_second: number, burst: number) {
  const clock = { ms: 0 };
  return { clock, bucket: new TokenBucket(per_second, burst, () => clock.ms) };
}

describe('a token bucket', () => {
  it('gives its burst at once, and then as much as comes', () => {
    const { clock, bucket } = bucketAt(10, 20);
    expect(Array.from({ length: 22 }, () => bucket.take(1)).filter(Boolean)).toHaveLength(20);
    clock.ms = 500;
    expect(Array.from({ length: 22 }, () => bucket.take(1)).filter(Boolean)).toHaveLength(5);
  });

  it('lets one pass that is larger than the burst, and then nobody until its debt is paid', () => {
    const { clock, bucket } = bucketAt(10, 20);
    expect(bucket.take(120)).toBe(true);
    expect(bucket.take(1)).toBe(false);
    expect(bucket.wait_s).toBe(11);
    clock.ms = 10_000;
    expect(bucket.take(1)).toBe(false);
    clock.ms = 11_000;
    expect(bucket.wait_s).toBe(0);
    expect(bucket.take(1)).toBe(true);
  });

  it('says how long to wait, so that who waits as long is served', () => {
    for (const debt of [0, 1, 9, 10, 11, 4321]) {
      const { clock, bucket } = bucketAt(10, 20);
      bucket.take(20 + debt);
      const { wait_s } = bucket;
      expect(wait_s).toBeGreaterThanOrEqual(1);
      clock.ms += wait_s * 1000;
      expect(bucket.take(1), `debt ${debt}`).toBe(true);
    }
  });

  it('does not pile up what nobody took', () => {
    const { clock, bucket } = bucketAt(10, 20);
    clock.ms = 3_600_000;
    expect(Array.from({ length: 40 }, () => bucket.take(1)).filter(Boolean)).toHaveLength(20);
  });
});
