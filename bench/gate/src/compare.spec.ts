import { describe, expect, it } from 'vitest';
import { compare, verdict } from './compare.mjs';

/** Three pairs of processes, each pair of samples slowed down by what the machine does meanwhile. */
function groups(factor: number, own = [1, 1, 1]): [number, number][][] {
  return own.map((of) =>
    Array.from({ length: 15 }, (_, turn) => {
      const machine = 1 + (turn % 5) / 2;
      const noise = 1 + (((turn * 7) % 11) - 5) / 500;
      return [machine, machine * of * noise * factor];
    }),
  );
}

describe('compare', () => {
  it('finds a difference far below what the machine’s load makes of single samples', () => {
    const compared = compare(groups(1.1));
    expect(compared.ratio).toBeCloseTo(1.1, 2);
    expect([compared.low > 1.09, compared.high < 1.11]).toEqual([true, true]);
    expect(verdict(compared, 0.05)).toBe('worse');
  });

  it('is not sure of what only one pair of processes shows', () => {
    const compared = compare(groups(1, [1, 1, 1.3]));
    expect(compared.ratio).toBeCloseTo(1, 1);
    expect(verdict(compared, 0.05)).toBe('unsure');
  });

  it('says the same of the same samples', () => {
    expect(compare(groups(1.02))).toEqual(compare(groups(1.02)));
  });
});

describe('verdict', () => {
  it('calls worse or better only what is so by more than the threshold, with its whole interval', () => {
    expect(verdict({ low: 1.06, high: 1.2 }, 0.05)).toBe('worse');
    expect(verdict({ low: 1.04, high: 1.2 }, 0.05)).toBe('unsure');
    expect(verdict({ low: 0.99, high: 1.03 }, 0.05)).toBe('same');
    expect(verdict({ low: 0.8, high: 0.9 }, 0.05)).toBe('better');
    expect(verdict({ low: 0.8, high: 1.02 }, 0.05)).toBe('unsure');
  });
});
