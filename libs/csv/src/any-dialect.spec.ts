import { CHUNK_FLAG, type Dialect, PLAIN_DIALECT } from '@millrace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerOf, parseRecords, RECORD_FAULT, readRows, SLOT_STRIDE } from './index.js';
import { machineOf } from './machine/dialect-machine.js';
import { parseRecordsOf } from './parse-any.js';
import type { Records } from './records.js';
import { dirtyText } from './testing/arbitraries.js';
import { anyDialect, cutText, dialectAndText, recordsOf } from './testing/dialects.js';
import { holdableTable, writeTable } from './testing/write-table.js';

describe('the machine', () => {
  it('reads back any table that was written, under any dialect, as a whole and in chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyDialect.chain((dialect) => fc.tuple(fc.constant(dialect), holdableTable(dialect), fc.boolean())),
        async ([dialect, table, always]) => {
          const text = writeTable(dialect, table, always);
          const { header, rows } = table;
          expect(headerOf(text, dialect).names).toEqual(header.length > 0 ? joined(header) : null);
          const found = [...readRows(text, dialect, { trim: false, tables: false })];
          expect(found.map(({ fields }) => fields)).toEqual(rows);
          expect(found.every(({ fault }) => fault === RECORD_FAULT.none)).toBe(true);
          const { chunks } = (await cutText(text, dialect, { chunk_records: 2, table: undefined }))!;
          const width = rows[0]?.length ?? 1;
          const fields = Int32Array.from({ length: width }, (_, slot) => slot);
          const parsed = chunks
            .filter(({ flags }) => flags === 0)
            .flatMap(({ raw }) => read(parseRecords(raw, fields, width, dialect, { trim: false }), width).rows);
          expect(parsed).toEqual(rows);
        },
      ),
      { numRuns: 700 },
    );
  });

  it('gives every byte to one header, record, skipped line or footer, whatever the bytes, and parser and cutter agree', async () => {
    await fc.assert(
      fc.asyncProperty(
        dialectAndText,
        // At least the prefix of a comment, or what is kept of a long one does not tell what it is.
        fc.integer({ min: 2, max: 40 }),
        fc.integer({ min: 1, max: 5 }),
        async ([dialect, text], chunk_bytes, chunk_records) => {
          const cut = await cutText(text, dialect, { chunk_bytes, chunk_records });
          if (!cut) return;
          let at = cut.header_end;
          for (const { byte_start, byte_end, raw, records, flags } of cut.chunks) {
            expect(byte_start).toBe(at);
            expect(byte_end).toBeGreaterThan(at);
            expect(records).toBeLessThanOrEqual(chunk_records);
            const kept = Math.min(byte_end - byte_start, chunk_bytes);
            expect(raw).toEqual(text.subarray(byte_start, byte_start + kept));
            if (!(flags & CHUNK_FLAG.record_too_long) && records > 0) expect(byte_end - byte_start).toBe(kept);
            at = byte_end;
          }
          expect(at).toBe(text.length);
          recordsOf(cut, dialect);
        },
      ),
      { numRuns: 700 },
    );
  });

  it('finds the same records whatever the chunks, and the same as in the whole text', async () => {
    await fc.assert(
      fc.asyncProperty(
        dialectAndText,
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 5 }),
        async ([dialect, text], more_bytes, chunk_records) => {
          const whole = await cutText(text, dialect);
          if (!whole) return;
          const rows = [...readRows(text, dialect)];
          const longest = rows.reduce((most, { start, end }) => Math.max(most, end - start), 1);
          const cut = await cutText(text, dialect, { chunk_bytes: longest + more_bytes, chunk_records });
          const expected = recordsOf(whole, dialect);
          expect(recordsOf(cut!, dialect)).toEqual(expected);
          expect(rows.map(({ start, other }) => [start, other ? CHUNK_FLAG.other_table : 0])).toEqual(
            expected.map(([start, , flags]) => [start, flags]),
          );
        },
      ),
      { numRuns: 700 },
    );
  });

  it('takes nothing of a source that grows that would be otherwise once it has grown', async () => {
    await fc.assert(
      fc.asyncProperty(dialectAndText, fc.nat(), async ([dialect, text], split) => {
        const later = await cutText(text, dialect);
        const now = await cutText(text.subarray(0, split % (text.length + 1)), dialect, { sealed: false });
        if (!now) return;
        expect(now.header_end).toBe(later?.header_end);
        const found = recordsOf(now, dialect);
        expect(found).toEqual(recordsOf(later!, dialect).slice(0, found.length));
      }),
      { numRuns: 700 },
    );
  });

  it('reads the plain dialect as its fast path does', () => {
    fc.assert(
      fc.property(dirtyText, fc.integer({ min: 1, max: 4 }), (text, width) => {
        const raw = Buffer.from(text);
        const fields = Int32Array.from({ length: width }, (_, slot) => slot);
        const fast = read(parseRecords(raw, fields, width), width);
        expect(read(parseRecordsOf(machineOf(PLAIN_DIALECT), raw, fields, width, {}), width)).toEqual(fast);
      }),
      { numRuns: 700 },
    );
  });

  it('refuses a dialect that contradicts itself', () => {
    const refused: Partial<Dialect>[] = [
      { delimiter: '' },
      { delimiter: '\n' },
      { delimiter: '"' },
      { quote: 'ab' },
      { quote: ' ' },
      { escape: ',' },
      { comment: '' },
    ];
    for (const parts of refused) {
      expect(() => [...readRows(Buffer.from('a'), { ...PLAIN_DIALECT, ...parts })]).toThrow(/dialect cannot be used/);
    }
  });
});

function joined(header: string[][]): string[] {
  const parts = header[0].map((_, column) => header.map((row) => row[column].trim()));
  return parts.map((of) => of.filter((part) => part !== '').join(' '));
}

function read({ count, skipped, faults, start, end, bytes }: Records, width: number) {
  const rows = Array.from({ length: count }, (_, row) => {
    if (faults[row] !== RECORD_FAULT.none) return faults[row];
    return Array.from({ length: width }, (_, slot) => {
      const at = slot * SLOT_STRIDE + row;
      return bytes.toString('utf8', start[at], end[at]);
    });
  });
  return { rows, skipped };
}
