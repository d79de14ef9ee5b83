import { comparePositions } from '@millrace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatchWork } from './dataset-work.js';
import { type Candidate, decide } from './decide.js';

const batch = {} as BatchWork;
const candidate = (key: string, source: number, record: number): Candidate => ({ key, source, record, batch, row: 0 });

describe('the decision on suspects', () => {
  it('lets the lowest position win, whatever the order', () => {
    const rows = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 30 })), {
      selector: (row) => row.join(),
      maxLength: 40,
    });
    fc.assert(
      fc.property(rows, fc.integer({ min: 0, max: 4 }), (positions, written) => {
        const there = Math.min(written, positions.length);
        const all = positions.map(([source, record]) => candidate(`k${record % 5}`, source, record));
        // The table holds the best of those written before, one a key.
        const existing = new Map<string, Candidate>();
        for (const row of all.slice(0, there)) {
          const known = existing.get(row.key);
          if (!known || comparePositions(row, known) < 0) existing.set(row.key, row);
        }
        const { winners, replaced, duplicates } = decide(all.slice(there), existing);
        const kept = new Map(existing);
        for (const { key } of replaced) kept.delete(key);
        for (const winner of winners) kept.set(winner.key, winner);
        const best = new Map<string, Candidate>();
        for (const row of [...existing.values(), ...all.slice(there)]) {
          const known = best.get(row.key);
          if (!known || comparePositions(row, known) < 0) best.set(row.key, row);
        }
        expect([...kept].sort()).toEqual([...best].sort());
        expect(winners.length + duplicates.length).toBe(all.length - there);
      }),
    );
  });

  it('does nothing for a row that the table has at the same position', () => {
    const existing = new Map([['a', { source: 1, record: 5 }]]);
    expect(decide([candidate('a', 1, 5)], existing)).toEqual({ winners: [], replaced: [], duplicates: [] });
  });

  it('names the row that a winner replaces', () => {
    const existing = new Map([['a', { source: 2, record: 5 }]]);
    const decision = decide([candidate('a', 1, 9), candidate('a', 1, 7)], existing);
    expect(decision.winners).toMatchObject([{ source: 1, record: 7 }]);
    expect(decision.replaced).toMatchObject([{ key: 'a', source: 2, record: 5 }]);
    expect(decision.duplicates).toMatchObject([{ source: 1, record: 9 }]);
  });
});
