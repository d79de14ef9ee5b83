import { CHUNK_FLAG } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { cleanChunk } from './clean-chunk.js';
import { contextOf, datasetOf, dialectOf, fileChunk, rejectsOf, tableOf } from './testing/any-dataset.js';

const plan = datasetOf([
  { name: 'id', type: 'text', required: true },
  { name: 'value', type: 'integer' },
]);

describe('a chunk of another table', () => {
  it('is rejects only, each with its bytes, and its blank and comment lines are skipped', () => {
    const cleaned = cleanChunk(
      plan,
      fileChunk(plan, 'name,age,city\n\n#x\nA,1\r\nB,2\n', 3, { flags: CHUNK_FLAG.other_table }),
    );
    expect(cleaned.counts).toEqual({ records: 3, rows: 0, rejected: 3, skipped: 2 });
    expect(rejectsOf(cleaned)).toEqual([
      [1, null, 'other_table', null, 'name,age,city'],
      [2, null, 'other_table', null, 'A,1'],
      [3, null, 'other_table', null, 'B,2'],
    ]);
  });
});

describe('a chunk that was passed over', () => {
  it.each<[string, 'any' | 'lf' | 'crlf' | 'cr', number]>([
    ['', 'lf', 0],
    ['total;3\n', 'lf', 1],
    ['total;3\nend', 'lf', 2],
    ['\n\n', 'lf', 2],
    ['a\rb\r\nc\nd', 'any', 4],
    ['a\rb\n\r', 'cr', 2],
    ['a\r\nb\nc', 'crlf', 2],
  ])('counts its lines as skipped: %j under %s', (text, record_end, skipped) => {
    const context = contextOf({ dialect: dialectOf({ record_end }) });
    const cleaned = cleanChunk(plan, fileChunk(plan, text, 0, { context, flags: CHUNK_FLAG.passed_over }));
    expect(cleaned.counts).toEqual({ records: 0, rows: 0, rejected: 0, skipped });
  });
});

describe('a chunk of a dialect', () => {
  const clean = (text: string, count: number, dialect: Parameters<typeof dialectOf>[0], header = '') => {
    const context = contextOf({ dialect: dialectOf(dialect), names: null });
    return cleanChunk(plan, fileChunk(plan, text, count, { context, header: Buffer.from(header) }));
  };

  it('is read in it, under its header', () => {
    const dialect = { delimiter: '||', quote: "'", escape: '\\', record_end: 'cr' as const, comment: '--' };
    const cleaned = clean("5||'a\\'||b'\r-- note\r6||c\r", 2, dialect, 'VALUE||id\r');
    expect([...tableOf(plan, cleaned).values()].sort((a, b) => Number(a.value) - Number(b.value))).toEqual([
      { id: "a'||b", value: '5' },
      { id: 'c', value: '6' },
    ]);
    expect(cleaned.counts.skipped).toBe(1);
  });

  it('pads and cuts rows, or rejects them', () => {
    const lenient = clean('a\nb,1,2\n', 2, { short_rows: 'pad', long_rows: 'cut' }, 'id,value\n');
    expect([...tableOf(plan, lenient).entries()].sort()).toEqual([
      [1, { id: 'a', value: null }],
      [2, { id: 'b', value: '1' }],
    ]);
    const strict = clean('a;\nb\n', 2, { delimiter: ';' }, 'id;value\n');
    expect(rejectsOf(strict)).toEqual([[2, null, 'ragged_row', null, 'b']]);
  });

  it('takes several header rows, and sources without names', () => {
    const joined = datasetOf([{ name: 'id', type: 'text', required: true, header: 'order id' }]);
    const context = contextOf({ dialect: dialectOf({ header_rows: 2, delimiter: '\t' }) });
    const chunk = fileChunk(joined, 'x\ty\n', 1, { context, header: Buffer.from('order\ta\nid\tb\n') });
    expect(tableOf(joined, cleanChunk(joined, chunk)).get(1)).toEqual({ id: 'x' });
    expect(tableOf(plan, clean('a,5\n', 1, { header_rows: 0 })).get(1)).toEqual({ id: 'a', value: '5' });
  });

  it('of Parquet is CSV in the plain dialect under the names of the context', () => {
    const context = contextOf({ format: 'parquet', names: ['value', 'other', 'id'] });
    const cleaned = cleanChunk(plan, fileChunk(plan, '5,x,a\n', 1, { context, header: Buffer.alloc(0) }));
    expect(tableOf(plan, cleaned).get(1)).toEqual({ id: 'a', value: '5' });
  });
});

describe('hidden columns', () => {
  it('are filled behind the others: extra fields, outliers, and the conditions of gold tables', () => {
    const hidden = datasetOf(
      [
        { name: 'id', type: 'text', required: true },
        { name: 'channel', type: 'text', dimension: true },
        { name: 'size', type: 'integer', outliers: { method: 'iqr', low: '0', high: '9', action: 'flag' } },
      ],
      {
        source: { extra_columns: 'keep' },
        gold: [{ table: 'g', dimensions: ['channel'], where: "channel = 'web'", measures: { n: 'count' } }],
      },
    );
    const header = Buffer.from('id,channel,size,x\n');
    const cleaned = cleanChunk(hidden, fileChunk(hidden, 'a,web,5,1\nb,store,50,\nc,,,\n', 3, { header }));
    const table = tableOf(hidden, cleaned);
    expect([1, 2, 3].map((record) => table.get(record))).toMatchObject([
      { _extra: '{"x":"1"}', _outliers: null, _where_1: 'true' },
      { _extra: null, _outliers: 'size', _where_1: 'false' },
      { _extra: null, _outliers: null, _where_1: null },
    ]);
  });
});
