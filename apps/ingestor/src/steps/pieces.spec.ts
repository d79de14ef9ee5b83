import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dirtyText } from '../../../../libs/csv/src/testing/arbitraries.js';
import { readNaively } from '../../../../libs/csv/src/testing/naive-csv.js';
import { type Books, LiveDirectory } from './testing/live-directory.js';

const header = fc.constantFrom('', 'a,b\n', '\xef\xbb\xbfa,b\r\n', '# c\n\n"a\n",b\n');
const text = fc.tuple(header, dirtyText).map((parts) => parts.join(''));
/** Where a text is cut into pieces, as shares of its length. */
const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });

interface Piece {
  text: string;
  end: number;
}

function piecesOf(whole: string, shares: number[]): Piece[] {
  const ends = [...shares.map((share) => Math.floor(share * whole.length)), whole.length].sort((a, b) => a - b);
  return ends.map((end, index) => ({ text: whole.slice(ends[index - 1] ?? 0, end), end }));
}

/** The books of one file that comes in pieces, each followed by `after`, and is quiet at the end. */
async function booksOf(
  pieces: Piece[],
  after: (directory: LiveDirectory, index: number) => Promise<void>,
): Promise<{ books: Books; end: number }> {
  const directory = new LiveDirectory();
  try {
    for (const [index, piece] of pieces.entries()) {
      directory.append('a.csv', piece.text);
      await after(directory, index);
    }
    await directory.settle();
    const [{ header_end, chunks }] = directory.sources;
    return { books: directory.books(), end: chunks.at(-1)?.row.byte_end ?? header_end ?? 0 };
  } finally {
    directory.remove();
  }
}

const readAtOnce = (whole: string) => booksOf(piecesOf(whole, []), async () => {});

describe('a file that comes in pieces', () => {
  it('gives the records of one reading of the whole, whatever its bytes and whenever it is listed', async () => {
    await fc.assert(
      fc.asyncProperty(text, places, async (whole, shares) => {
        const found = await booksOf(piecesOf(whole, shares), (directory) => directory.pass());
        expect(found).toEqual(await readAtOnce(whole));
      }),
      { numRuns: 150 },
    );
  });

  it('gives every record once that was not sealed within, and a reject for the rest of each that was', async () => {
    await fc.assert(
      fc.asyncProperty(dirtyText, places, fc.nat(63), async (rows, shares, seals) => {
        const top = 'a,b\n';
        const whole = top + rows;
        const pieces = piecesOf(whole, shares);
        const isSeal = (index: number) => (seals & (1 << index)) !== 0;
        const found = await booksOf(pieces, (directory, index) =>
          isSeal(index) ? directory.settle() : directory.pass(),
        );
        const sealed = pieces.filter((_, index) => isSeal(index)).map(({ end }) => end - top.length);
        const [[, state, ...records]] = found.books;
        expect(state).toBe('cut');
        expect(found.end).toBe(whole.length);
        expect(records.filter((record) => record.startsWith('!')).length).toBeLessThanOrEqual(sealed.length);
        // A seal may close a quote that stays open in the whole: then other records end there.
        const isThereAt = sealed.map((place) => new Set(readNaively(rows.slice(0, place)).map(({ start }) => start)));
        const isOther = (start: number, end: number) =>
          sealed.some((place, at) => place > start && (place < end || !isThereAt[at].has(start)));
        let from = 0;
        for (const { kind, start, end } of readNaively(rows)) {
          if (kind !== 'record' || isOther(start, end)) continue;
          from = records.indexOf(rows.slice(start, end).replace(/\r?\n$/, ''), from) + 1;
          expect(from).toBeGreaterThan(0);
        }
      }),
      { numRuns: 150 },
    );
  });
});
