import type { DecimalColumn } from '@millrace/columnar';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactSums } from './exact-sums.js';

const MAX = Number.MAX_SAFE_INTEGER;

describe('exact sums', () => {
  it('stay exact past 2^53 in both directions', () => {
    const values = fc.array(fc.oneof(fc.maxSafeInteger(), fc.constantFrom(MAX, -MAX, MAX - 1, 1, -1)), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(values, (list) => {
        const sums = new ExactSums(0);
        for (const value of list) sums.add(0, value);
        expect(sums.total(0)).toBe(String(list.reduce((sum, value) => sum + BigInt(value), 0n)));
      }),
    );
  });

  it('add literals of any scale to scaled integers', () => {
    const sums = new ExactSums(4);
    sums.add(0, 105_000);
    sums.addLiteral(0, '0.00000000001', 1n);
    sums.addLiteral(0, '123456789012345678901234567890', 1n);
    expect(sums.total(0)).toBe('123456789012345678901234567900.50000000001');
    sums.addLiteral(0, '123456789012345678901234567890.00000000001', -1n);
    expect(sums.total(0)).toBe('10.50000000000');
  });

  it('know zero, however it came about', () => {
    const sums = new ExactSums(2);
    expect(sums.isZero(0)).toBe(true);
    sums.add(0, 1050);
    expect(sums.isZero(0)).toBe(false);
    sums.addLiteral(0, '10.500', -1n);
    expect(sums.isZero(0)).toBe(true);
    for (const value of [MAX, MAX, -MAX, -MAX]) sums.add(1, value);
    expect(sums.isZero(1)).toBe(true);
  });

  it('of a column skip NULL and take the wide values from their list', () => {
    const column: DecimalColumn = {
      encoding: 'decimal',
      low: Uint32Array.of(250, 0, 7, 4294967295),
      high: Int32Array.of(0, -2147483648, 0, -1),
      wide: ['0.001'],
      nulls: Uint8Array.of(0b0100),
    };
    const sums = new ExactSums(2);
    sums.addColumn(column, Uint32Array.of(0, 0, 0, 0), null, 4);
    expect(sums.total(0)).toBe('2.491');
    sums.addColumn(column, Uint32Array.of(1), Uint32Array.of(3), 1);
    expect(sums.total(1)).toBe('-0.01');
  });
});
