import { CHUNK_FLAG, decodeBatch, LIMITS, MillraceError } from '@millrace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanChunk } from './clean-chunk.js';
import { record, textOf } from './testing/arbitraries.js';
import { cleanNaively } from './testing/naive-sales.js';
import { chunkOf, type Row, rowsOf, sales } from './testing/read-cleaned.js';

/** A record with its values, or a line that is none. */
const line = fc.oneof(
  { weight: 20, arbitrary: record.map((fields) => ({ fields: fields as Row | null, text: '' })) },
  { weight: 1, arbitrary: fc.constantFrom('# "x\n', '\n', ' \t\r\n').map((text) => ({ fields: null, text })) },
);

const codeOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return error instanceof MillraceError ? error.code : error;
  }
  return undefined;
};

describe('cleanChunk', () => {
  it('agrees with a naive cleaner on whatever records: every record in one batch row or one reject', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
        const records = lines.flatMap(({ fields }) => (fields ? [fields] : []));
        const raw = Buffer.from(lines.map(({ fields, text }) => (fields ? textOf(fields) : text)).join(''), 'latin1');
        const cleaned = cleanChunk(sales, chunkOf(raw, records.length));
        const rows = rowsOf(cleaned);
        const rejects = new Map(cleaned.manifest.rejects.map((reject) => [reject.record, reject]));
        expect(rows.size + rejects.size).toBe(records.length);
        records.forEach((fields, index) => {
          const expected = cleanNaively(fields);
          const { column, code } = rejects.get(101 + index) ?? {};
          expect(rows.get(101 + index) ?? [column, code]).toEqual(expected);
        });
        expect(cleaned.manifest.skipped).toBe(lines.length - records.length);
        expect(cleaned.manifest.slots).toEqual(cleaned.batches.map(({ slot }) => slot).sort((a, b) => a - b));
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same bytes again, whatever was cleaned before', () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 20 }),
        fc.array(record, { maxLength: 20 }),
        (one, other) => {
          const chunk = (records: Row[]) =>
            chunkOf(Buffer.from(records.map(textOf).join(''), 'latin1'), records.length);
          const first = cleanChunk(sales, chunk(one));
          cleanChunk(sales, chunk(other));
          expect(cleanChunk(sales, chunk(one))).toEqual(first);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('splits a part that is over the limit into pieces in row order, and nothing else changes', () => {
    const raw = Buffer.from(Array.from({ length: 500 }, (_, id) => `O${id},,,1,1,,,,a${id}@b.c\n`).join(''));
    const whole = cleanChunk(sales, chunkOf(raw, 500));
    const split = cleanChunk(sales, chunkOf(raw, 500), { message_bytes: 1500 });
    expect(rowsOf(split)).toEqual(rowsOf(whole));
    expect(split.batches.length).toBeGreaterThan(3 * whole.batches.length);
    expect(new Set(split.manifest.slots).size).toBe(split.batches.length);
    const pieces = split.batches.filter(({ part }) => part === 0);
    expect(pieces.map(({ slot }) => slot)).toEqual(pieces.map((_, sub) => sub * sales.parts));
    const [first, second] = pieces.map(({ message }) => [
      ...rowsOf({ ...split, batches: [{ ...pieces.find((p) => p.message === message)! }] }).keys(),
    ]);
    expect(Math.max(...first)).toBeLessThan(Math.min(...second));
    for (const { message } of pieces) expect(message.length).toBeLessThanOrEqual(1500);
  });

  it('gives one row a message when even that is over the limit', () => {
    const raw = Buffer.from('A,,,1,1,,,,\nB,,,1,1,,,,\nC,,,1,1,,,,\n');
    const cleaned = cleanChunk(sales, chunkOf(raw, 3), { message_bytes: 1 });
    expect(cleaned.batches.map(({ rows }) => rows)).toEqual([1, 1, 1]);
    expect(rowsOf(cleaned).size).toBe(3);
  });

  it('sends equal keys to the same part, with the same hash', () => {
    const raw = Buffer.from('same,,,1,1,,,,\n" same ",,,2,2,,,,\n');
    const { batches } = cleanChunk(sales, chunkOf(raw, 2));
    expect(batches.length).toBe(1);
    const { hashes } = decodeBatch(batches[0].message);
    expect(hashes.slice(0, 2)).toEqual(hashes.slice(2));
  });

  it('rejects ragged records as a whole, with their bytes', () => {
    const raw = Buffer.from('A,b\r\nB,,,1,1,,,,,\n');
    const { manifest, batches } = cleanChunk(sales, chunkOf(raw, 2));
    expect(batches).toEqual([]);
    expect(manifest.rejects).toEqual([
      { record: 101, column: null, code: 'ragged_row', value: null, raw: Buffer.from('A,b').toString('base64') },
      {
        record: 102,
        column: null,
        code: 'ragged_row',
        value: null,
        raw: Buffer.from('B,,,1,1,,,,,').toString('base64'),
      },
    ]);
  });

  it('rejects the line whose quote never closes, its bytes kept to 4 KiB, and reads on behind it', () => {
    const raw = Buffer.from(`A,,,1,1,,,,\nB,"${'1,2'.repeat(3000)}\nC,,,1,1,,,,\n`);
    const { manifest, ...rest } = cleanChunk(sales, chunkOf(raw, 3));
    expect(manifest.rejects).toMatchObject([{ record: 102, column: null, code: 'unclosed_quote', value: null }]);
    expect(Buffer.from(manifest.rejects[0].raw, 'base64')).toEqual(raw.subarray(12, 12 + LIMITS.reject_raw_bytes));
    expect([...rowsOf({ manifest, ...rest }).keys()].sort()).toEqual([101, 103]);
  });

  it.each([
    ['record_too_long', CHUNK_FLAG.record_too_long],
    ['grown_after_seal', CHUNK_FLAG.grown_after_seal],
  ])('makes one reject of a chunk flagged %s, whatever its bytes', (code, flags) => {
    const { manifest, batches, counts } = cleanChunk(sales, { ...chunkOf(Buffer.from('x\ny\n'), 1), flags });
    expect(batches).toEqual([]);
    expect(manifest.rejects).toEqual([{ record: 101, column: null, code, value: null, raw: 'eAp5Cg==' }]);
    expect(counts).toEqual({ records: 1, rows: 0, rejected: 1, skipped: 0 });
  });

  it('finds columns by name in any order, and takes missing ones as blank', () => {
    const header = 'note,Unit_Price," QUANTITY ",order_id,order_id\n';
    const { row } = { row: rowsOf(cleanChunk(sales, chunkOf(Buffer.from('n,2.5,4,A,B\n'), 1, header))).get(101) };
    expect(row).toMatchObject({ order_id: 'A', revenue: '10', region: 'north', customer_email: null });
    const missing = cleanChunk(sales, chunkOf(Buffer.from('1\n2\n'), 2, 'quantity\n'));
    expect(missing.manifest.rejects.map(({ column, code }) => [column, code])).toEqual([
      ['order_id', 'blank'],
      ['order_id', 'blank'],
    ]);
  });

  it('takes a chunk of comments and blank lines only', () => {
    const { manifest, batches } = cleanChunk(sales, chunkOf(Buffer.from('#a\n\n#b'), 0));
    expect(batches).toEqual([]);
    expect(manifest).toMatchObject({ records: 0, skipped: 3, rejects: [], slots: [] });
  });

  it('takes a chunk of as many records as there may be, all of them distinct', () => {
    const count = LIMITS.chunk_records;
    const raw = Buffer.from(Array.from({ length: count }, (_, id) => `${id},p${id},,1,1,,,,\n`).join(''));
    const rows = rowsOf(cleanChunk(sales, chunkOf(raw, count)));
    expect(new Set([...rows.values()].map((row) => row.product_name)).size).toBe(count);
  });

  it('refuses a chunk that does not hold what it claims', () => {
    const raw = Buffer.from('A,,,1,1,,,,\n');
    for (const records of [0, 2])
      expect(codeOf(() => cleanChunk(sales, chunkOf(raw, records)))).toBe('MESSAGE_CONTRACT');
    const flagged = { ...chunkOf(raw, 2), flags: CHUNK_FLAG.record_too_long };
    expect(codeOf(() => cleanChunk(sales, flagged))).toBe('MESSAGE_CONTRACT');
  });
});
