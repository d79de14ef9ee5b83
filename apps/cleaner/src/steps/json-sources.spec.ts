import { ENTRY_KIND } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { cleanChunk } from './clean-chunk.js';
import { contextOf, datasetOf, fileChunk, rejectsOf, tableOf } from './testing/any-dataset.js';
import { type LiveEntry, liveChunkOf } from './testing/read-cleaned.js';

const plan = datasetOf(
  [
    { name: 'id', type: 'text', required: true, header: ['Order ID', 'id'] },
    { name: 'unit_price', type: 'decimal', precision: 9, scale: 2 },
    { name: 'payload', type: 'json' },
    { name: 'note', type: 'text', trim: false, pii: 'mask' },
    { name: 'when', type: 'timestamp', on_invalid: 'reject' },
  ],
  { source: { column_naming: 'snake', extra_columns: 'keep' } },
);

const RECORDS = [
  '{"id":"a","unitPrice":1.50,"payload":"text \\u00e4","note":" x ","when":"2024-01-31T10:00:00Z","more":[1]}',
  '{"Order ID":"b","id":"c","Unit Price":"2.5e1","payload":{"a":1e3},"note":null}',
  '{"ID":"d","payload":null,"when":"soon","note":"secret"}',
  '{"id":"e","payload":12,"when":null',
];
const ROWS = [
  {
    id: 'a',
    unit_price: '1.5',
    payload: '"text \\u00e4"',
    note: ' x ',
    when: '2024-01-31T10:00:00Z',
    _extra: '{"more":[1]}',
  },
  { id: 'b', unit_price: '25', payload: '{"a":1e3}', note: null, when: null, _extra: null },
];

describe('records in JSON', () => {
  it('are cleaned like those of CSV, in files of lines', () => {
    const context = contextOf({ format: 'json_lines' });
    const chunk = fileChunk(plan, `${RECORDS.join('\n')}\n`, 4, { context, header: Buffer.alloc(0) });
    const cleaned = cleanChunk(plan, chunk);
    const table = tableOf(plan, cleaned);
    expect([table.get(1), table.get(2)]).toEqual(ROWS);
    expect(rejectsOf(cleaned)).toEqual([
      [3, 'when', 'not_timestamp', 'soon', '{"ID":"d","payload":null,"when":"soon","note":***}'],
      [4, null, 'not_json', null, '***'],
    ]);
  });

  it('give the same as entries of an inbox, among CSV that keeps its blanks', () => {
    const entries = RECORDS.map((text, row): LiveEntry => [row, ENTRY_KIND.json, Buffer.from(text)]);
    entries.push([4, ENTRY_KIND.csv, Buffer.from(' f ,1, [1] ," ""y"" ",\r\n')]);
    entries.push([5, ENTRY_KIND.csv, Buffer.from('g,,,,\nh,,,,\n')]);
    const cleaned = cleanChunk(plan, liveChunkOf(entries, 6, 1));
    const table = tableOf(plan, cleaned);
    expect([table.get(1), table.get(2)]).toEqual(ROWS);
    expect(table.get(5)).toMatchObject({ id: 'f', unit_price: '1', payload: '[1]', note: ' "y" ', when: null });
    expect(rejectsOf(cleaned).map(([record, , code]) => [record, code])).toEqual([
      [3, 'not_timestamp'],
      [4, 'not_json'],
      [6, 'message_unreadable'],
    ]);
  });
});
