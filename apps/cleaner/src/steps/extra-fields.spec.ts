import { ENTRY_KIND } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { cleanChunk } from './clean-chunk.js';
import { contextOf, datasetOf, dialectOf, fileChunk, rejectsOf, tableOf } from './testing/any-dataset.js';
import { type LiveEntry, liveChunkOf } from './testing/read-cleaned.js';

const planOf = (source: Record<string, unknown>, value: Record<string, unknown> = {}) =>
  datasetOf(
    [
      { name: 'id', type: 'text', required: true },
      { name: 'value', type: 'text', ...value },
    ],
    { source },
  );

const header = (text: string) => ({ header: Buffer.from(text) });

describe('fields that no column takes', () => {
  const keep = planOf({ extra_columns: 'keep' });

  it('are left out unless the config asks for them', () => {
    const plan = planOf({});
    const cleaned = cleanChunk(plan, fileChunk(plan, 'x,k,v\n', 1, header('more,id,value\n')));
    expect(tableOf(plan, cleaned).get(1)).toEqual({ id: 'k', value: 'v' });
  });

  it('are kept as JSON in the order of the fields, blank ones aside', () => {
    const text = '1,k,2,v," say ""hi""\\ "\n,k,,v,  \n\0,k,\xff,v,\xc3\xa4\n';
    const cleaned = cleanChunk(keep, fileChunk(keep, text, 3, header('Zeta,id,alpha,value,note\n')));
    const table = tableOf(keep, cleaned);
    expect(table.get(1)?._extra).toBe('{"Zeta":"1","alpha":"2","note":"say \\"hi\\"\\\\"}');
    expect(table.get(2)?._extra).toBe(null);
    expect(table.get(3)?._extra).toBe('{"Zeta":"\ufffd","alpha":"\ufffd","note":"ä"}');
  });

  it('have names of their own, as column_naming makes them', () => {
    const plan = planOf({ extra_columns: 'keep', column_naming: 'snake' });
    const cleaned = cleanChunk(
      plan,
      fileChunk(plan, 'k,1,2,3,4,v\n', 1, header('ID,Unit Price,unit_price,,VALUE,Value\n')),
    );
    // The last two are the same name: the first is the column's.
    expect(tableOf(plan, cleaned).get(1)).toEqual({
      id: 'k',
      value: '4',
      _extra: '{"unit_price":"1","unit_price_2":"2","":"3","value":"v"}',
    });
  });

  it('reject the row where the config says so, unless they are blank', () => {
    const plan = planOf({ extra_columns: 'reject' });
    const cleaned = cleanChunk(plan, fileChunk(plan, 'a,v, \nb,v,x\n,v,x\n', 3, header('id,value,more\n')));
    expect([...tableOf(plan, cleaned).keys()]).toEqual([1]);
    expect(rejectsOf(cleaned)).toEqual([
      [2, null, 'extra_column', null, 'b,v,x'],
      [3, null, 'extra_column', null, ',v,x'],
    ]);
  });

  it('of JSON objects stand as they are written', () => {
    const entries = [
      '{"id":"a","value":"v","n":1.50,"o":{"x": [1]},"s":"\\u00e4","none":null,"blank":" "}',
      '{"ID":"b","Value":"v","a\\"b":true,"bad":"\\u0000","big":1e999999}',
    ].map((text, row): LiveEntry => [row, ENTRY_KIND.json, Buffer.from(text)]);
    const table = tableOf(keep, cleanChunk(keep, liveChunkOf(entries, 2, 1)));
    expect(table.get(1)?._extra).toBe('{"n":1.50,"o":{"x": [1]},"s":"\\u00e4"}');
    expect(table.get(2)?._extra).toBe('{"a\\"b":true,"bad":"\\"\\\\u0000\\"","big":"1e999999"}');
  });

  it('of CSV entries are those of the header before them', () => {
    const entries: LiveEntry[] = [
      [0, ENTRY_KIND.header, Buffer.from('id,more\n')],
      [0, ENTRY_KIND.csv, Buffer.from('a,1')],
      [0, ENTRY_KIND.header, Buffer.from('x,id,y,z\n')],
      [1, ENTRY_KIND.csv, Buffer.from('1,b,2,3')],
      [2, ENTRY_KIND.json, Buffer.from('{"id":"c","q":4}')],
      [0, ENTRY_KIND.header, Buffer.alloc(0)],
      [3, ENTRY_KIND.csv, Buffer.from('d,v')],
    ];
    const table = tableOf(keep, cleanChunk(keep, liveChunkOf(entries, 4, 1)));
    expect([1, 2, 3, 4].map((record) => table.get(record)?._extra)).toEqual([
      '{"more":"1"}',
      '{"x":"1","y":"2","z":"3"}',
      '{"q":4}',
      null,
    ]);
  });

  it('never bring back what another column of that name hides', () => {
    const plan = planOf({ extra_columns: 'keep' }, { pii: 'hash' });
    const cleaned = cleanChunk(plan, fileChunk(plan, 'k,v,secret,x\n', 1, header('id,value,VALUE,more\n')));
    expect(tableOf(plan, cleaned).get(1)?._extra).toBe('{"more":"x"}');
  });

  it('may be many, and fill a chunk', () => {
    const names = Array.from({ length: 1500 }, (_, field) => `f${field}`);
    const row = `k,v,${names.map((_, field) => field).join(',')}\n`;
    const count = Math.floor(1_000_000 / row.length);
    const chunk = fileChunk(keep, row.repeat(count), count, header(`id,value,${names.join(',')}\n`));
    const table = tableOf(keep, cleanChunk(keep, chunk));
    expect(JSON.parse(table.get(count)?._extra ?? '')).toMatchObject({ f0: '0', f1499: '1499' });
  });
});

describe('the names of fields', () => {
  const columns = [
    { name: 'id', type: 'text', required: true, header: ['Order ID', 'ID'] },
    { name: 'value', type: 'text', header: 'Amount (EUR)' },
  ];
  const rowOf = (names: string, source = {}) => {
    const plan = datasetOf(columns, { source });
    const cleaned = cleanChunk(plan, fileChunk(plan, 'one,two,three\n', 1, header(`${names}\n`)));
    return tableOf(plan, cleaned).get(1);
  };

  it('are those of the config, in order of preference, exactly before any case', () => {
    expect(rowOf('ID,Amount (EUR),Order ID')).toEqual({ id: 'three', value: 'two' });
    expect(rowOf('id,ID,amount (eur)')).toEqual({ id: 'two', value: 'three' });
    expect(rowOf('order id,ID,x')).toEqual({ id: 'two', value: null });
    expect(rowOf('ORDER ID,a,x')).toEqual({ id: 'one', value: null });
  });

  it('are compared after column_naming, and as they stand', () => {
    expect(rowOf('Order ID,x,y', { column_naming: 'snake' })).toMatchObject({ id: 'one' });
    const plan = datasetOf([{ name: 'order_id', type: 'text', required: true }], {
      source: { column_naming: 'snake' },
    });
    const cleaned = cleanChunk(plan, fileChunk(plan, 'a,b\n', 1, header('x,Order ID\n')));
    expect(tableOf(plan, cleaned).get(1)).toEqual({ order_id: 'b' });
  });

  it('come from the context where it knows them, and are none where a source has no header', () => {
    const plan = planOf({});
    const named = contextOf({ names: ['value', 'id'] });
    const by_name = fileChunk(plan, 'v,k\n', 1, { context: named, header: Buffer.alloc(0) });
    expect(tableOf(plan, cleanChunk(plan, by_name)).get(1)).toEqual({ id: 'k', value: 'v' });
    const bare = contextOf({ dialect: dialectOf({ header_rows: 0, delimiter: ';' }) });
    const in_order = fileChunk(plan, 'k;v\n', 1, { context: bare, header: Buffer.alloc(0) });
    expect(tableOf(plan, cleanChunk(plan, in_order)).get(1)).toEqual({ id: 'k', value: 'v' });
  });
});
