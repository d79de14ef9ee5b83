import { describe, expect, it } from 'vitest';
import { FailedAttempts } from './failed-attempts.js';

describe('failed attempts', () => {
  it('of an address are let pass up to a burst, then as many as time gives', () => {
    const clock = { ms: 0 };
    const attempts = new FailedAttempts(() => clock.ms);
    const waits = Array.from({ length: 21 }, () => attempts.fail('192.0.2.1'));
    expect(waits.slice(0, 20)).toEqual(Array(20).fill(0));
    expect(waits[20]).toBeGreaterThanOrEqual(1);
    expect(attempts.fail('192.0.2.2')).toBe(0);
    clock.ms += waits[20] * 1000;
    expect(attempts.fail('192.0.2.1')).toBe(0);
  });

  it('take a bounded memory, whatever addresses come; who keeps failing is kept', () => {
    const attempts = new FailedAttempts(() => 0);
    for (let count = 0; count < 30; count++) attempts.fail('192.0.2.1');
    for (let count = 0; count < 25_000; count++) {
      attempts.fail(`10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`);
      if (count % 5000 === 0) attempts.fail('192.0.2.1');
    }
    expect(attempts.size).toBe(10_000);
    expect(attempts.fail('192.0.2.1')).toBeGreaterThan(0);
  });
});
