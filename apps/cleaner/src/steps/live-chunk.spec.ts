import { ENTRY_KIND, LIMITS, MillraceError } from '@millrace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanChunk } from './clean-chunk.js';
import { jsonOf, record, textOf } from './testing/arbitraries.js';
import { clean, csv, GOOD, header, json, latin1 } from './testing/clean-live.js';
import { cleanNaively } from './testing/naive-sales.js';
import { chunkOf, type LiveEntry, liveChunkOf, rowsOf, SALES_HEADER, sales } from './testing/read-cleaned.js';

describe('a chunk of live rows', () => {
  it('gives the same rows and rejects as a file does, whether its entries are CSV or JSON', () => {
    const spelled = fc.tuple(record, fc.nat(2 ** 18 - 1), fc.integer({ min: 1, max: 2 ** 26 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(spelled, { maxLength: 30 }), (given) => {
        let at = 0;
        const distances = given.map(([, , gap]) => (at += gap));
        const texts = given.map(([fields]) => textOf(fields));
        const file = cleanChunk(sales, chunkOf(latin1(texts.join('')), given.length));
        const from_file = rowsOf(file);
        const as_csv = clean(texts.map((text, row) => csv(distances[row], text.replace(/\r?\n$/, ''))));
        const as_json = clean(given.map(([fields, spelling], row) => json(distances[row], jsonOf(fields, spelling))));
        const mixed = given.map(([fields, spelling, , is_json], row) => {
          return is_json ? json(distances[row], jsonOf(fields, spelling)) : csv(distances[row], textOf(fields));
        });
        for (const { rows, rejects } of [as_csv, as_json, clean(mixed)]) {
          given.forEach(([fields], row) => {
            expect(rows.get(101 + distances[row])).toEqual(from_file.get(101 + row));
            const reject = rejects.find(([number]) => number === 101 + distances[row]);
            expect(rows.get(101 + distances[row]) ?? [reject?.[1], reject?.[2]]).toEqual(cleanNaively(fields));
          });
          expect(rejects.map(([, column, code, value]) => ({ column, code, value }))).toEqual(
            file.manifest.rejects.map(({ column, code, value }) => ({ column, code, value })),
          );
        }
        expect(as_csv.rejects.map(([, , , , raw]) => raw)).toEqual(
          file.manifest.rejects.map(({ raw }) => Buffer.from(raw, 'base64').toString('latin1')),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('gives the same bytes again, whatever was cleaned before', () => {
    const entries = fc.array(fc.tuple(record, fc.nat(2 ** 18 - 1)), { maxLength: 10 });
    fc.assert(
      fc.property(entries, entries, (one, other) => {
        const chunk = (given: typeof one) =>
          liveChunkOf(
            given.map(([fields, spelling], row) => json(row, jsonOf(fields, spelling))),
            given.length,
          );
        const first = cleanChunk(sales, chunk(one));
        cleanChunk(sales, chunk(other));
        expect(cleanChunk(sales, chunk(one))).toEqual(first);
      }),
      { numRuns: 30 },
    );
  });

  it('never fails as a whole, whatever bytes its entries are', () => {
    const kinds = fc.constantFrom(...Object.values(ENTRY_KIND));
    const soup = fc
      .array(
        fc.constantFrom(
          '"',
          ',',
          '\n',
          '\r',
          '#',
          ' ',
          '{',
          '}',
          ':',
          '\\',
          '[',
          'order_id',
          'quantity',
          '1e9',
          '\0',
          '\xff',
        ),
        {
          maxLength: 20,
        },
      )
      .map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.array(fc.tuple(kinds, fc.oneof(soup, fc.constantFrom(GOOD, SALES_HEADER)))), (given) => {
        const entries = given.map(([kind, text], row): LiveEntry => [row, kind, latin1(text)]);
        const { rows, rejects } = clean(entries);
        expect(rows.size + rejects.length).toBe(given.filter(([kind]) => kind !== ENTRY_KIND.header).length);
      }),
      { numRuns: 500 },
    );
  });

  it('has no rows and no rejects when it is empty', () => {
    expect(clean([])).toEqual({ rows: new Map(), rejects: [] });
    expect(clean([header(SALES_HEADER)])).toEqual({ rows: new Map(), rejects: [] });
  });

  it('takes as many rows as there may be, and the first record of an inbox', () => {
    const entries = Array.from({ length: LIMITS.chunk_records }, (_, row) => csv(2 * row, `${row},,,1,1,,,,`));
    const { rows } = clean(entries, 0);
    expect([rows.size, rows.get(0)!.order_id]).toEqual([LIMITS.chunk_records, '0']);
  });

  it('keeps the bytes of a rejected entry as they came, up to 4 KiB', () => {
    expect(clean([csv(0, 'A,b\r\n'), csv(7, 'A,b\r'), json(9, ' {"order_id":1} \n')]).rejects).toEqual([
      [101, null, 'ragged_row', null, 'A,b\r\n'],
      [108, null, 'ragged_row', null, 'A,b\r'],
      [110, 'quantity', 'blank', '', ' {"order_id":1} \n'],
    ]);
    const long = `{"order_id":"${'x'.repeat(10_000)}"`;
    expect(clean([json(0, long)]).rejects[0][4]).toBe(long.slice(0, LIMITS.reject_raw_bytes));
  });

  it('rejects what the packer could not read', () => {
    const entries: LiveEntry[] = [
      [0, ENTRY_KIND.unreadable, Buffer.alloc(0)],
      csv(1, GOOD),
      [2, ENTRY_KIND.too_long, latin1('{"a"')],
    ];
    const { rows, rejects } = clean(entries);
    expect([...rows.keys()]).toEqual([102]);
    expect(rejects).toEqual([
      [101, null, 'message_unreadable', null, ''],
      [103, null, 'record_too_long', null, '{"a"'],
    ]);
  });

  it.each<[string, LiveEntry[], number]>([
    ['claims more records than it holds', [csv(0, GOOD)], 2],
    ['claims fewer', [csv(0, GOOD), csv(1, GOOD)], 1],
    ['counts a header', [header(SALES_HEADER), csv(0, GOOD)], 2],
    ['is not in order', [csv(1, GOOD), json(0, '{}')], 2],
    ['names a record twice', [csv(1, GOOD), csv(1, GOOD)], 2],
  ])('is refused when it %s', (_, entries, records) => {
    expect(() => cleanChunk(sales, liveChunkOf(entries, records))).toThrow(
      expect.objectContaining({ code: 'MESSAGE_CONTRACT' }),
    );
  });

  it('is refused when it holds more records than a chunk may', () => {
    const entries = Array.from({ length: LIMITS.chunk_records + 1 }, (_, row) => csv(row, 'x'));
    expect(() => cleanChunk(sales, liveChunkOf(entries, entries.length))).toThrow(MillraceError);
  });
});
