import { describe, expect, it } from 'vitest';
import { formatBytes, formatSeconds, formatValue, plural } from './format.js';

describe('format', () => {
  it.each([
    [999, '999 B'],
    [83_100_000, '83.1 MB'],
    [999_960, '1.0 MB'],
    [5e15, '5000.0 TB'],
  ])('writes %d bytes as %s', (size, text) => {
    expect(formatBytes(size)).toBe(text);
  });

  it.each([
    [0.04, '0.0 s'],
    [9.96, '10.0 s'],
    [59.6, '1 min 0 s'],
    [3725, '1 h 2 min'],
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  it('keeps a rejected value on one line and within its width', () => {
    expect(formatValue('a\nb\u001b[2J')).toBe('"a\\nb\\u001b[2J"');
    expect(formatValue('x'.repeat(500), 10)).toHaveLength(10);
  });

  it('counts nouns', () => {
    expect([plural(1, 'file'), plural(1200, 'file')]).toEqual(['1 file', '1,200 files']);
  });
});
