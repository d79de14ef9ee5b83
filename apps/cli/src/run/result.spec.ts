import { describe, expect, it } from 'vitest';
import { exitCodeOf, type RunResult, redReasons, type SourceBooks, totalBooks } from './result.js';

const source = (change: Partial<SourceBooks> = {}): SourceBooks => ({
  source: 1,
  path: '/data/part_0001.csv',
  rows_in: 100,
  written: 90,
  duplicates: 4,
  rejected: 6,
  skipped: 2,
  failed: 0,
  state: 'cut',
  balanced: true,
  complete: true,
  ...change,
});

const resultOf = (books: SourceBooks[], change: Partial<RunResult> = {}): RunResult => ({
  ...totalBooks(books),
  heals: 0,
  set_aside: 0,
  seconds: 1,
  ...change,
});

describe('totalBooks', () => {
  it('sums all sources and is balanced only when each is', () => {
    const total = totalBooks([source(), source({ written: 89, balanced: false })]);
    expect(total).toMatchObject({
      rows_in: 200,
      written: 179,
      duplicates: 8,
      rejected: 12,
      balanced: false,
      complete: true,
    });
  });

  it('is balanced and complete without sources', () => {
    expect(totalBooks([])).toMatchObject({ rows_in: 0, balanced: true, complete: true });
  });
});

describe('exitCodeOf', () => {
  it('is 0 for balanced books with rejects at the threshold', () => {
    const books = [source()];
    expect(exitCodeOf(resultOf(books), books, 0.06)).toBe(0);
  });

  it('is 2 for rejects over the threshold', () => {
    const books = [source()];
    expect(exitCodeOf(resultOf(books), books, 0.059)).toBe(2);
  });

  it.each([
    ['unbalanced books', source({ balanced: false }), {}],
    ['an unresolved chunk', source({ complete: false }), {}],
    ['a failed chunk', source({ failed: 10, balanced: false }), {}],
    ['a changed source', source({ state: 'changed' }), {}],
    ['a vanished source', source({ state: 'vanished', rows_in: 0 }), {}],
    ['a message set aside that belongs to no chunk', source(), { set_aside: 1 }],
  ])('is 1 for %s, even with many rejects', (_name, book, change) => {
    const books = [book];
    expect(exitCodeOf(resultOf(books, change), books, 0)).toBe(1);
    expect(redReasons(resultOf(books, change), books)).not.toEqual([]);
  });

  it('takes heals for no fault', () => {
    const books = [source()];
    expect(exitCodeOf(resultOf(books, { heals: 3 }), books, 1)).toBe(0);
  });
});
