import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalText, divideRounded, ExactSum } from './exact-sum.js';
import { revenueOf } from './generator/tally.js';

describe('exact arithmetic', () => {
  it('sums beyond what a number holds', () => {
    const sum = new ExactSum();
    for (let i = 0; i < 5; i++) sum.add(2 ** 52 - 1);
    sum.add(10n ** 30n);
    expect(sum.total()).toBe(10n ** 30n + 5n * (2n ** 52n - 1n));
  });

  it('writes scaled integers as decimals', () => {
    expect([decimalText(0n, 2), decimalText(5n, 2), decimalText(12345n, 2), decimalText(7n, 0)]).toEqual([
      '0.00',
      '0.05',
      '123.45',
      '7',
    ]);
  });

  it('rounds halves up', () => {
    expect([divideRounded(5n, 2n), divideRounded(4n, 3n), divideRounded(5n, 3n)]).toEqual([3n, 1n, 2n]);
  });

  it('gives the same revenue by numbers as by BigInt', () => {
    const cases = fc.tuple(
      fc.integer({ min: 1, max: 1_000_000_000 }),
      fc.integer({ min: 1, max: 20_000_000 }),
      fc.integer({ min: 0, max: 1_000_000 }),
    );
    fc.assert(
      fc.property(cases, ([quantity, price, discount]) => {
        const literal = decimalText(BigInt(discount), 4);
        expect(BigInt(revenueOf(quantity, price, literal))).toBe(revenueOf(quantity, BigInt(price), literal));
      }),
    );
  });
});
