import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { duration, share, usualBatch } from './options.js';

describe('the options of a producer', () => {
  it.each([
    ['60s', 60_000],
    ['500ms', 500],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['10', 10_000],
  ])('%s is %d ms', (text, ms) => {
    expect(duration(text)).toBe(ms);
  });

  it.each(['', 's', '-1s', '1d', '1 s', 'ten'])('refuses "%s" as a duration', (text) => {
    expect(() => duration(text)).toThrow(InvalidArgumentError);
  });

  it.each(['', '1', '-0.1', 'x'])('refuses "%s" as a share', (text) => {
    expect(() => share(text)).toThrow(InvalidArgumentError);
  });

  it('sends some twenty requests a second, of one row at least', () => {
    expect([1, 2000, 1_000_000].map(usualBatch)).toEqual([1, 100, 500]);
  });
});
