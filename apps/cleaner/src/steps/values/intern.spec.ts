import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Interner } from './intern.js';

/** Values that differ in one byte, wherever it stands, and ones of every size around the words that are compared. */
const value = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 14 }),
  fc.constantFrom('', 'aaaa', 'aaaab', 'baaaa', 'aaaaaaaaXaaaa', 'aaaaaaaaYaaaa', 'grün', '\0', '\0\0', 'x'.repeat(99)),
);

function rowsOf(values: string[]) {
  const bytes = Buffer.from(`${values.join('')}########`);
  const end = new Uint32Array(values.length);
  let at = 0;
  values.forEach((text, row) => {
    at += Buffer.byteLength(text);
    end[row] = at;
  });
  const start = end.map((_, row) => (row === 0 ? 0 : end[row - 1]));
  return { start, end, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}

/** Codes of values as they come, from 0. */
function codesNaively(values: string[]): number[] {
  const known = [...new Set(values)];
  return values.map((text) => known.indexOf(text));
}

describe('Interner', () => {
  const interner = new Interner();

  it('gives equal values equal codes, in order of appearance, chunk after chunk', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 60 }), (values) => {
        const { start, end, view } = rowsOf(values);
        interner.begin(view);
        const expected = codesNaively(values);
        expect(values.map((_, row) => interner.codeOf(start[row], end[row]))).toEqual(expected);
        expect(interner.count).toBe(new Set(values).size);
        values.forEach((text, row) => {
          const entry = Buffer.from(
            view.buffer,
            view.byteOffset + interner.start[expected[row]],
            Buffer.byteLength(text),
          );
          expect(entry.toString()).toBe(text);
          expect(interner.end[expected[row]] - interner.start[expected[row]]).toBe(Buffer.byteLength(text));
        });
      }),
    );
  });

  it('takes many rows at once, but for skipped ones and those of a size that is not wanted', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, fc.boolean()), { maxLength: 60 }), (rows) => {
        const values = rows.map(([text]) => text);
        const { start, end, view } = rowsOf(['before', ...values]);
        const skip = Uint8Array.from(rows, ([, isSkipped]) => (isSkipped ? 1 : 0));
        const codes = new Uint16Array(rows.length).fill(999);
        const left = new Uint16Array(rows.length);
        interner.begin(view);
        const of = { start, end, offset: 1, count: rows.length, skip, least_bytes: 1, most_bytes: 12 };
        const lefts = interner.codesOf(of, codes, left);
        const isTaken = (row: number) => !rows[row][1] && values[row] !== '' && Buffer.byteLength(values[row]) <= 12;
        const indexes = values.map((_, row) => row);
        const taken = codesNaively(indexes.filter(isTaken).map((row) => values[row]));
        expect(indexes.filter(isTaken).map((row) => codes[row])).toEqual(taken);
        expect([...left.subarray(0, lefts)]).toEqual(indexes.filter((row) => !rows[row][1] && !isTaken(row)));
        expect(indexes.filter((row) => !isTaken(row)).every((row) => codes[row] === 999)).toBe(true);
      }),
    );
  });
});
