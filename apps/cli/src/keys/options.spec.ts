import { mintApiKey } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { byteRate, datasetNames, keyId, keyName, lifetime, rowRate } from './options.js';

describe('the options of keys', () => {
  it.each([
    ['90d', 90 * 86_400],
    ['12h', 12 * 3600],
    [' 2w ', 14 * 86_400],
    ['30m', 1800],
    ['5s', 5],
  ])('take %s for so many seconds', (text, seconds) => {
    expect(lifetime(text)).toBe(seconds);
  });

  it.each(['', '90', 'd', '0d', '-1d', '1.5d', '1y', '99999w', '90 d'])('take no %j for a time', (text) => {
    expect(() => lifetime(text)).toThrow(/90d/);
  });

  it('take rates that the table can hold', () => {
    expect([rowRate('1'), rowRate('10_000'), byteRate('1000000000000')]).toEqual([1, 10_000, 10 ** 12]);
    for (const text of ['0', '-1', '1.5', 'x', '', '2147483648']) expect(() => rowRate(text)).toThrow(/whole number/);
  });

  it('gather datasets, each once', () => {
    expect(datasetNames('sales', datasetNames('people', datasetNames('sales')))).toEqual(['sales', 'people']);
    expect(datasetNames('*')).toEqual(['*']);
    for (const text of ['', 'Sales', '1x', 'a b', '**', 'x'.repeat(64)]) expect(() => datasetNames(text)).toThrow();
  });

  it('take names that can be shown', () => {
    expect(keyName(' till 3 ')).toBe('till 3');
    for (const text of ['', '  ', 'a\u001b[2J', 'x'.repeat(101)]) expect(() => keyName(text)).toThrow();
  });

  it('know a key by its id and by itself, and repeat neither in an error', () => {
    const { id, key } = mintApiKey();
    expect([keyId(id), keyId(key)]).toEqual([id, id]);
    expect(() => keyId(`${key}x`)).toThrow(expect.objectContaining({ message: expect.not.stringContaining(id) }));
  });
});
