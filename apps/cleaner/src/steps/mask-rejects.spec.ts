import { CHUNK_FLAG, ENTRY_KIND } from '@millrace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanChunk } from './clean-chunk.js';
import { contextOf, datasetOf, dialectOf, fileChunk, rejectsOf, tableOf } from './testing/any-dataset.js';
import { type LiveEntry, liveChunkOf } from './testing/read-cleaned.js';

const plan = datasetOf([
  { name: 'id', type: 'integer', required: true },
  { name: 'email', type: 'email', pii: 'hash', on_invalid: 'reject', header: ['email', 'Mail'] },
  { name: 'phone', type: 'text', pii: 'mask' },
  { name: 'size', type: 'integer', on_invalid: 'reject' },
]);

const rejects = (text: string, count: number, more = {}) =>
  rejectsOf(cleanChunk(plan, fileChunk(plan, text, count, more)));

describe('PII in rejects', () => {
  it('is masked in the bytes of the record, and as the value that failed', () => {
    expect(rejects('1, a@b.c ,0123,x\r\n2,"not an email",0123,5\n3,,"01,23",x\n', 3)).toEqual([
      [1, 'size', 'not_integer', 'x', '1, *** ,***,x'],
      [2, 'email', 'not_email', '***', '2,"***",***,5'],
      [3, 'size', 'not_integer', 'x', '3,,"***",x'],
    ]);
  });

  it('of which a value had to be unescaped hides the whole record', () => {
    expect(rejects('1,a@b.c,"0""1",x\n', 1)).toEqual([[1, 'size', 'not_integer', 'x', '***']]);
    expect(rejects('1,a@b.c,01,"""x"\n', 1)).toEqual([[1, 'size', 'not_integer', '"x', '1,***,***,"""x"']]);
  });

  it('of which the values cannot be told apart hides the whole record', () => {
    expect(rejects('1,a@b.c\n2,"a@b.c\n', 2).map(([, , code, value, raw]) => [code, value, raw])).toEqual([
      ['ragged_row', null, '***'],
      ['unclosed_quote', null, '***'],
    ]);
    for (const flags of [CHUNK_FLAG.record_too_long, CHUNK_FLAG.grown_after_seal]) {
      expect(rejects('1,a@b.c', 1, { flags })[0][4]).toBe('***');
    }
    expect(rejects('a@b.c,x\n', 1, { flags: CHUNK_FLAG.other_table })[0]).toEqual([
      1,
      null,
      'other_table',
      null,
      '***',
    ]);
  });

  it('in a second field of the name hides the whole record', () => {
    const header = Buffer.from('id,email,phone,size,MAIL\n');
    expect(rejects('1,a@b.c,01,x,d@e.f\n', 1, { header })[0][4]).toBe('***');
  });

  it('is masked in JSON, every member of the name, whatever its case and place', () => {
    const entries = [
      '{"id":1,"email":"a@b.c","size":"x","PHONE":{"work": [1]},"phone":12e3, "Mail":"d@e.f"}',
      '{"id":1,"email":"a@b.c',
      '["a@b.c"]',
    ].map((text, row): LiveEntry => [row, ENTRY_KIND.json, Buffer.from(text)]);
    entries.push([3, ENTRY_KIND.csv, Buffer.from('x,a@b.c,01,2')], [4, ENTRY_KIND.too_long, Buffer.from('1,a@b.c')]);
    expect(rejectsOf(cleanChunk(plan, liveChunkOf(entries, 5, 1)))).toEqual([
      [1, 'size', 'not_integer', 'x', '{"id":1,"email":***,"size":"x","PHONE":***,"phone":***, "Mail":***}'],
      [2, null, 'not_json', null, '***'],
      [3, null, 'not_json', null, '***'],
      [4, 'id', 'not_integer', 'x', 'x,***,***,2'],
      [5, null, 'record_too_long', null, '***'],
    ]);
  });

  it('never shows, however its cell is written', () => {
    const secret = 'S3CRET';
    const text = (letters: string) => fc.string({ unit: fc.constantFrom(...letters), maxLength: 5 });
    const cell = (letters: string) => fc.tuple(text(letters), text(letters)).map((around) => around.join(secret));
    const bare = cell(' a\\').map((value) => `a${value}`);
    const quoted = cell('", a\\;').map((value) => `"${value.replaceAll('"', '""')}"`);
    const closed = fc.tuple(quoted, text(' a')).map((pieces) => pieces.join(''));
    const records = (hidden: fc.Arbitrary<string>) => fc.array(fc.tuple(hidden, hidden), { maxLength: 5 });
    const semicolons = contextOf({
      dialect: dialectOf({ delimiter: ';', long_rows: 'cut', short_rows: 'pad' }),
      names: ['id', 'email', 'phone', 'size'],
    });
    const check = (rows: string[][], delimiter: string, more = {}) => {
      const lines = rows.map((cells) => `${['x', ...cells, 'x'].join(delimiter)}\n`);
      const found = rejects(lines.join(''), rows.length, more);
      expect(found.length).toBe(rows.length);
      expect(JSON.stringify(found)).not.toContain(secret);
    };
    fc.assert(
      fc.property(records(fc.oneof(bare, quoted, closed)), (rows) => check(rows, ',')),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(records(fc.oneof(bare, quoted)), (rows) => check(rows, ';', { context: semicolons })),
      { numRuns: 200 },
    );
  });

  it('leaves the table its values: masked ones in clear, hashed ones as hashes', () => {
    const table = tableOf(plan, cleanChunk(plan, fileChunk(plan, '1,a@b.c,0123,5\n', 1)));
    expect(table.get(1)).toMatchObject({ phone: '0123', email: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('hides what was derived from it', () => {
    const derived = datasetOf([
      { name: 'id', type: 'text', required: true },
      { name: 'salary', type: 'integer', required: true, pii: 'mask' },
      { name: 'monthly', type: 'integer', derive: 'salary * 12', outliers: { method: 'iqr', low: '0', high: '100' } },
    ]);
    const cleaned = cleanChunk(derived, fileChunk(derived, 'k,9000\n', 1));
    expect(rejectsOf(cleaned)).toEqual([[1, 'monthly', 'outlier', '***', 'k,***']]);
  });
});
