import { PLAIN_DIALECT } from '@millrace/contracts';
import { readRows } from '@millrace/csv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvWriter } from './csv-writer.js';

const written = (rows: string[][]) => {
  const writer = new CsvWriter();
  for (const row of rows) writer.row(row);
  return writer.take();
};

describe('CsvWriter', () => {
  it('quotes only what must be quoted', () => {
    expect(
      written([
        ['a', 'b c', "d'"],
        ['1,2', 'say "hi"', 'x\ny', 'z\r'],
      ]).toString(),
    ).toBe('a,b c,d\'\n"1,2","say ""hi""","x\ny","z\r"\n');
  });

  it('quotes an only empty field, so that the row is no blank line', () => {
    expect(written([['a'], [''], ['', '']]).toString()).toBe('a\n""\n,\n');
  });

  it('writes what is read back as it was, in pieces of any size', () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', 'é', '"', ',', '\n', '\r', ' ', ';', 'long '.repeat(20)),
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 20 }), (rows) => {
        const read = [
          ...readRows(written(rows), { ...PLAIN_DIALECT, header_rows: 0, comment: null }, { trim: false, width: -1 }),
        ];
        expect(read.map(({ fields }) => fields)).toEqual(rows);
      }),
      { numRuns: 200 },
    );
  });

  it('replaces bytes that are no characters, and counts the values', () => {
    const writer = new CsvWriter();
    const source = Buffer.from([0x61, 0xff, 0x62]);
    writer.field(source, 0, 3, true);
    writer.field(source, 0, 1, true);
    writer.endRow();
    expect(writer.take().toString()).toBe('a\ufffdb,a\n');
    expect(writer.repaired).toBe(1);
  });

  it('takes values larger than its room, and leaves alone what was taken', () => {
    const writer = new CsvWriter();
    writer.row(['x'.repeat(600_000), '"'.repeat(10)]);
    const taken = writer.take();
    writer.row(['y']);
    expect(taken.length).toBe(600_000 + 1 + 22 + 1);
    expect(writer.take().toString()).toBe('y\n');
  });
});
