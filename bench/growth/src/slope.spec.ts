import { describe, expect, it } from 'vitest';
import { factorPerTenfold, slope } from './slope.mjs';

describe('slope', () => {
  it('is that of the line through points that lie on one', () => {
    expect(
      slope([
        [1, 5],
        [5, 13],
        [20, 43],
      ]),
    ).toBeCloseTo(2);
  });

  it('is that of least squares otherwise', () => {
    expect(
      slope([
        [0, 0],
        [1, 2],
        [2, 1],
      ]),
    ).toBeCloseTo(0.5);
  });

  it('is unknown for one size', () => {
    expect(slope([[1, 5]])).toBeNaN();
  });
});

describe('factorPerTenfold', () => {
  it('is 1 for what does not depend on the size, 10 for what grows as it does', () => {
    expect(
      factorPerTenfold([
        [1e6, 7],
        [5e6, 7],
        [2e7, 7],
      ]),
    ).toBeCloseTo(1);
    expect(
      factorPerTenfold([
        [1e6, 3],
        [5e6, 15],
        [2e7, 60],
      ]),
    ).toBeCloseTo(10);
  });
});
