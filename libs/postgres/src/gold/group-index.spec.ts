import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GroupIndex } from './group-index.js';

describe('the group index', () => {
  it('gives equal tuples one number and others another, over several calls and while it grows', () => {
    const id = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: -2147483648, max: 2147483647 }));
    const tuples = fc.array(fc.tuple(id, id), { maxLength: 3000 });
    fc.assert(
      fc.property(tuples, tuples, (first, second) => {
        const index = new GroupIndex(2);
        const numbers = new Map<string, number>();
        for (const list of [first, second]) {
          const lanes = [0, 1].map((d) => Int32Array.from(list, (tuple) => tuple[d]));
          const groups = new Uint32Array(list.length);
          index.assign(lanes, list.length, groups);
          list.forEach((tuple, row) => {
            const key = tuple.join();
            if (!numbers.has(key)) numbers.set(key, numbers.size);
            expect(groups[row]).toBe(numbers.get(key));
            expect([index.idOf(groups[row], 0), index.idOf(groups[row], 1)]).toEqual(tuple);
          });
        }
        expect(index.groups).toBe(numbers.size);
      }),
      { numRuns: 20 },
    );
  });
});
