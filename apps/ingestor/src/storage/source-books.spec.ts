import type { AuditedChunks } from '@millrace/postgres';
import { describe, expect, it } from 'vitest';
import { SourceBooks } from './source-books.js';

interface Model {
  kind?: string;
  state?: string;
  settled?: boolean;
  /** Of each chunk: resolved, unresolved or unbalanced. */
  chunks: ('r' | 'u' | '!')[];
}

const LIMIT = 3;

/** What the query would say of sources as they stand. */
function audit(books: SourceBooks, model: Map<number, Model>): { source: number; from_chunk: number }[] {
  const places = books.due(2);
  const seen = places.flatMap(({ source, from_chunk }): AuditedChunks[] => {
    const row = model.get(source);
    if (!row) return [];
    const some = row.chunks.slice(from_chunk, from_chunk + LIMIT);
    const first = some.indexOf('u');
    return [
      {
        source,
        kind: row.kind ?? 'file',
        state: row.state ?? 'cut',
        settled: row.settled ?? true,
        chunks: some.length,
        last: some.length > 0 ? from_chunk + some.length - 1 : null,
        unresolved: some.filter((chunk) => chunk === 'u').length,
        first_unresolved: first < 0 ? null : from_chunk + first,
        unbalanced: some.filter((chunk) => chunk === '!').length,
        published_at_s: some.length > 0 ? 1000 + from_chunk + some.length : null,
      },
    ];
  });
  books.apply(places, seen, LIMIT);
  return places;
}

/** A whole turn. @returns the places that were looked at */
function turn(books: SourceBooks, model: Map<number, Model>, again = 0): string[] {
  const looked: string[] = [];
  books.begin(again);
  while (books.isBehind) {
    for (const { source, from_chunk } of audit(books, model)) looked.push(`${source}/${from_chunk}`);
  }
  return looked;
}

function known(rows: Record<number, Model>): { books: SourceBooks; model: Map<number, Model> } {
  const model = new Map(Object.entries(rows).map(([source, row]) => [Number(source), row]));
  const books = new SourceBooks();
  books.add('sales', [...model.keys()]);
  return { books, model };
}

const sales = (books: SourceBooks) => {
  const { last_data_s: _, ...totals } = books.totals(['sales']).get('sales')!;
  return totals;
};

describe('the books of all sources', () => {
  it('tell balanced, open and unbalanced ones apart', () => {
    const { books, model } = known({
      1: { chunks: ['r', 'r'] },
      2: { chunks: ['r', 'u', 'r'], settled: false },
      3: { chunks: ['r', '!'] },
      4: { chunks: ['r'], state: 'vanished' },
      5: { chunks: [], state: 'registered', settled: false },
      6: { chunks: ['r'], state: 'live', settled: false },
    });
    expect(books.isComplete).toBe(false);
    turn(books, model);
    expect(books.isComplete).toBe(true);
    expect(sales(books)).toEqual({ balanced: 2, open: 2, unbalanced: 2, unresolved_chunks: 1 });
  });

  it('look at a long source in pieces, and later only behind what is resolved', () => {
    const { books, model } = known({ 1: { chunks: Array(8).fill('r'), settled: false }, 2: { chunks: ['r'] } });
    model.get(1)!.chunks[5] = 'u';
    expect(turn(books, model)).toEqual(['1/0', '2/0', '1/3', '1/6']);
    expect(sales(books)).toMatchObject({ open: 1, balanced: 1, unresolved_chunks: 1 });
    model.get(1)!.chunks[5] = 'r';
    expect(turn(books, model)).toEqual(['1/5', '1/8']);
    model.get(1)!.chunks.push('u', 'u');
    expect(turn(books, model)).toEqual(['1/8']);
    expect(sales(books)).toEqual({ open: 1, balanced: 1, unbalanced: 0, unresolved_chunks: 2 });
  });

  it('leave finished sources alone but for a slow round, which finds what a fault made of them', () => {
    const { books, model } = known({ 1: { chunks: ['r'] }, 2: { chunks: ['r'] }, 3: { chunks: ['r'] } });
    turn(books, model);
    expect(turn(books, model)).toEqual([]);
    model.get(2)!.chunks = ['!'];
    expect(turn(books, model, 1)).toEqual(['1/0']);
    expect(sales(books)).toMatchObject({ balanced: 3 });
    expect(turn(books, model, 1)).toEqual(['2/0']);
    expect(sales(books)).toMatchObject({ balanced: 2, unbalanced: 1 });
    model.get(2)!.chunks = ['r'];
    expect(turn(books, model, 3)).toEqual(['3/0', '1/0', '2/0']);
    expect(sales(books)).toMatchObject({ balanced: 3, unbalanced: 0 });
  });

  it('take up a finished source that grew', () => {
    const { books, model } = known({ 1: { chunks: ['r', 'r'] } });
    turn(books, model);
    model.set(1, { chunks: ['r', 'r', 'u'], state: 'live', settled: false });
    books.reopen([1]);
    turn(books, model);
    expect(sales(books)).toMatchObject({ open: 1, unresolved_chunks: 1 });
  });

  it('count a new source as open until it was looked at, and forget one that is gone', () => {
    const { books, model } = known({ 1: { chunks: ['r'] } });
    turn(books, model);
    books.add('sales', [2, 5000]);
    expect(sales(books)).toMatchObject({ balanced: 1, open: 2 });
    expect({ next: books.next, count: books.count }).toEqual({ next: 5001, count: 3 });
    model.set(2, { chunks: ['r'] });
    turn(books, model);
    expect(sales(books)).toMatchObject({ balanced: 2, open: 0 });
    expect(books.count).toBe(2);
  });

  it('name the time of the last data of each kind, and datasets without a source', () => {
    const { books, model } = known({ 1: { chunks: ['r', 'r'] }, 2: { chunks: ['r'], kind: 'inbox' } });
    turn(books, model);
    const totals = books.totals(['sales', 'other']);
    expect([...totals.get('sales')!.last_data_s]).toEqual([
      ['file', 1002],
      ['inbox', 1001],
    ]);
    expect(totals.get('other')).toMatchObject({ balanced: 0, open: 0, unbalanced: 0, unresolved_chunks: 0 });
  });

  it('are complete at once where there is no source', () => {
    const { books, model } = known({});
    turn(books, model);
    expect(books.isComplete).toBe(true);
  });
});
