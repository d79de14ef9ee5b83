import { describe, expect, it } from 'vitest';
import { countDeath, restartDelay } from './backoff.js';

describe('restartDelay', () => {
  it('doubles from 0.2 s and stays at 10 s', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 100].map(restartDelay)).toEqual([200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  });
});

describe('countDeath', () => {
  it('counts deaths in a row', () => {
    expect(countDeath(countDeath(0, 0), 1_999)).toBe(2);
  });

  it('starts anew after 2 s of health', () => {
    expect(countDeath(7, 2_000)).toBe(1);
  });
});
