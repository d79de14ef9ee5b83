import type { DatasetPlan } from '@millrace/dataset';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatchWork } from './dataset-work.js';
import { type Candidate, decide, type ExistingRow, keepOrder } from './decide.js';

const batch = {} as BatchWork;
const candidate = (key: string, source: number, record: number, rank: Candidate['rank'] = null): Candidate => {
  return { key, source, record, rank, batch, row: 0 };
};
const orderOf = (keep: DatasetPlan['keep'], type = 'decimal') =>
  keepOrder({ keep, columns: [{ type }] } as unknown as DatasetPlan);
const first = orderOf({ kind: 'first' });
const last = orderOf({ kind: 'last' });
const max = orderOf({ kind: 'max', column: 0 });

/** A table with one row a key, and what became of the others. */
function apply(table: Map<string, Candidate>, rows: Candidate[], order: typeof first): Candidate[] {
  const { winners, replaced, duplicates } = decide(rows, table, order);
  const gone = replaced.map(({ key }) => table.get(key)!);
  for (const winner of winners) table.set(winner.key, winner);
  return [...gone, ...duplicates];
}

describe.each([
  ['first', first],
  ['last', last],
  ['max(column)', max],
])('keep: %s', (_, order) => {
  it('leaves the same table and the same duplicates, in whatever order and transactions rows come', () => {
    const row = fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 30 }),
      fc.constantFrom('1.5', '1.50', '-2', '10', null),
    );
    const rows = fc.uniqueArray(row, { selector: ([source, record]) => `${source}/${record}`, maxLength: 40 });
    fc.assert(
      fc.property(rows, fc.infiniteStream(fc.nat(6)), fc.infiniteStream(fc.nat()), (positions, sizes, keys) => {
        const all = positions.map(([source, record, rank]) => candidate(`k${record % 5}`, source, record, rank));
        const ordered = all.toSorted(order);
        const best = new Map(ordered.toReversed().map((row) => [row.key, row]));
        const weights = new Map(all.map((row) => [row, keys.next().value]));
        const table = new Map<string, Candidate>();
        const duplicates: Candidate[] = [];
        for (let left = all.toSorted((a, b) => weights.get(a)! - weights.get(b)!); left.length > 0; ) {
          const size = 1 + sizes.next().value;
          duplicates.push(...apply(table, left.slice(0, size), order));
          left = left.slice(size);
        }
        expect([...table].sort()).toEqual([...best].sort());
        expect(new Set(duplicates)).toEqual(new Set(all.filter((row) => best.get(row.key) !== row)));
        expect(duplicates).toHaveLength(all.length - best.size);
        // Once more, all that the table has at its own position changes nothing.
        expect(decide([...table.values()], table, order)).toEqual({ winners: [], replaced: [], duplicates: [] });
      }),
      { numRuns: 60 },
    );
  });
});

describe('the decision on suspects', () => {
  it('names the row that a winner replaces', () => {
    const existing = new Map([['a', { source: 2, record: 5, rank: null }]]);
    const decision = decide([candidate('a', 1, 9), candidate('a', 1, 7)], existing, first);
    expect(decision.winners).toMatchObject([{ source: 1, record: 7 }]);
    expect(decision.replaced).toMatchObject([{ key: 'a', source: 2, record: 5 }]);
    expect(decision.duplicates).toMatchObject([{ source: 1, record: 9 }]);
  });

  it('keeps a row that stood there before Millrace as the first, and replaces it as the last', () => {
    const stranger = new Map<string, ExistingRow>([['a', { source: 0, record: 0, rank: '7' }]]);
    const row = candidate('a', 1, 1, '7.0');
    expect([first, last, max].map((order) => decide([row], stranger, order).winners.length)).toEqual([0, 1, 0]);
    expect(decide([candidate('a', 1, 1, '7.01')], stranger, max).winners).toHaveLength(1);
  });

  it('compares values as PostgreSQL does: text by its bytes, NULL below all', () => {
    const text = orderOf({ kind: 'max', column: 0 }, 'text');
    const wins = (a: Candidate['rank'], b: Candidate['rank']) =>
      text(candidate('k', 1, 2, a), candidate('k', 1, 1, b)) < 0;
    // By UTF-16, which JavaScript compares, the first would stand below the second.
    expect([wins('\u{1f600}', '\uffee'), wins('a', 'B'), wins('', null), wins(null, ''), wins('a', 'a')]).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
