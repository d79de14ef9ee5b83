import { describe, expect, it } from 'vitest';
import { KeyFilter } from './filter/key-filter.js';
import { MemoryBudget } from './filter/memory-budget.js';
import { Part } from './part.js';

const noGap = () => {
  throw new Error('unexpected gap');
};

function partFrom(begin: bigint, committed: bigint): Part {
  const filter = new KeyFilter(new MemoryBudget(2 ** 26));
  return new Part('sales', 'silver.sales', 3, filter, { begin, committed, complete: true });
}

const reachAll = (part: Part, offsets: bigint[]) => offsets.map((offset) => part.reach(offset, noGap));

describe('Part', () => {
  it('refills from its snapshot to the committed offset and screens from there', () => {
    expect(reachAll(partFrom(40n, 42n), [40n, 41n, 42n, 43n])).toEqual(['refill', 'refill', 'screen', 'screen']);
  });

  it('screens from the start when the snapshot covers all that is committed', () => {
    expect(reachAll(partFrom(42n, 42n), [42n, 43n])).toEqual(['screen', 'screen']);
  });

  it('takes the second attempt at a record like the first', () => {
    expect(reachAll(partFrom(40n, 42n), [40n, 40n, 41n, 41n, 42n, 42n])).toEqual(
      Array.from({ length: 6 }, (_, index) => (index < 4 ? 'refill' : 'screen')),
    );
  });

  it('passes everything on from a gap within the refill', () => {
    const part = partFrom(40n, 50n);
    let gaps = 0;
    const steps = [40n, 43n, 44n].map((offset) => part.reach(offset, () => gaps++));
    expect([steps, gaps]).toEqual([['refill', 'screen', 'screen'], 1]);
  });

  it('notices a gap that swallowed the whole refill', () => {
    const part = partFrom(40n, 50n);
    let gaps = 0;
    expect([part.reach(60n, () => gaps++), gaps]).toEqual(['screen', 1]);
  });

  it('passes everything on when the topic was made anew, before, within and after the refill', () => {
    expect(reachAll(partFrom(1n, 9n), [0n, 1n])).toEqual(['screen', 'screen']);
    expect(reachAll(partFrom(40n, 50n), [0n, 1n, 45n])).toEqual(['screen', 'screen', 'screen']);
    expect(reachAll(partFrom(40n, 50n), [40n, 41n, 0n, 1n])).toEqual(['refill', 'refill', 'screen', 'screen']);
    expect(reachAll(partFrom(40n, 41n), [40n, 41n, 42n, 0n, 1n])).toEqual([
      'refill',
      'screen',
      'screen',
      'screen',
      'screen',
    ]);
  });

  it('covers nothing of a topic made anew but what is committed of it', () => {
    const part = partFrom(40n, 50n);
    reachAll(part, [0n, 1n, 2n]);
    expect([part.covered, part.snapshot_offset]).toEqual([0n, 0n]);
    part.commit(2n);
    expect(part.covered).toBe(2n);
  });

  it('covers no more than what it has refilled, although more is committed', () => {
    const part = partFrom(40n, 45n);
    expect(part.covered).toBe(40n);
    reachAll(part, [40n]);
    expect(part.covered).toBe(41n);
    reachAll(part, [41n, 42n, 43n, 44n, 45n, 46n, 47n]);
    expect(part.covered).toBe(45n);
    part.commit(47n);
    expect(part.covered).toBe(47n);
  });
});
