import { LIMITS } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { clean, cleanObject, codesOf, csv, GOOD, header, json } from './testing/clean-live.js';

describe('csv entries', () => {
  it('have their fields in the order of the source columns where no header came, or an empty one', () => {
    const entries = [csv(0, GOOD), header('quantity,order_id,unit_price\n'), csv(1, '3,B,1'), header(''), csv(2, GOOD)];
    const { rows } = clean(entries);
    expect([101, 102, 103].map((number) => rows.get(number))).toMatchObject([
      { order_id: 'A', quantity: '1' },
      { order_id: 'B', quantity: '3' },
      { order_id: 'A', quantity: '1' },
    ]);
  });

  it('follow the last header before them, whatever came in between; columns that it lacks are blank', () => {
    const entries = [
      header('\ufeff# export\r\nOrder_ID,unit_price,QUANTITY,other\r\n'.replace('\ufeff', '\xef\xbb\xbf')),
      csv(0, 'A,1.5,2,x'),
      json(1, '{"order_id":"B","quantity":3,"unit_price":1}'),
      csv(2, 'C,1.5,4,x\n'),
      csv(3, 'D,1.5,4'),
    ];
    const { rows, rejects } = clean(entries);
    expect([...rows.values()].map(({ order_id, quantity, region }) => [order_id, quantity, region]).sort()).toEqual([
      ['A', '2', 'north'],
      ['B', '3', 'north'],
      ['C', '4', 'north'],
    ]);
    expect(rejects).toEqual([[104, null, 'ragged_row', null, 'D,1.5,4']]);
  });

  it.each([
    ['whose quote never closes', 'order_id,"quantity\n'],
    ['that names no column of the dataset', 'id,amount\n'],
    ['that is blank', ' \n'],
    ['that is more than one record', 'order_id,quantity\nA,1\n'],
    ['over the limit', `order_id,${'x'.repeat(LIMITS.header_bytes)}\n`],
  ])('under a header %s are rejects, up to the next header', (_, broken) => {
    const entries = [header(broken), csv(0, GOOD), json(1, '{}'), csv(2, GOOD), header(''), csv(3, GOOD)];
    expect(codesOf(entries)).toEqual([
      [101, 'message_unreadable'],
      [102, 'blank'],
      [103, 'message_unreadable'],
    ]);
  });

  it.each(['', '\n', ' \t\r\n', '#A,b', `${GOOD}\n${GOOD}`, `${GOOD}\n${GOOD}\n`, `${GOOD}\n,`])(
    'are rejects unless they are one record: %j',
    (text) => {
      expect(codesOf([csv(0, text), csv(1, GOOD)])).toEqual([[101, 'message_unreadable']]);
    },
  );

  it.each([GOOD, `${GOOD}\n`, `${GOOD}\r\n`, `${GOOD}\n\r\n\n`, `"A",,,1,2.5,,,,"\n"`, `# note\n${GOOD}`])(
    'may end in line ends: %j',
    (text) => {
      expect(clean([csv(0, text)]).rows.get(101)).toMatchObject({ order_id: 'A', revenue: '2.5' });
    },
  );

  it('are rejects when they are more records than a chunk may hold', () => {
    const lines = (count: number) => 'x\n'.repeat(count);
    expect(codesOf([csv(0, lines(LIMITS.chunk_records + 1)), csv(1, '\n'.repeat(20_000)), csv(2, GOOD)])).toEqual([
      [101, 'message_unreadable'],
      [102, 'message_unreadable'],
    ]);
  });

  it('keep a quote that never closes to themselves', () => {
    expect(codesOf([csv(0, 'A,"b'), csv(1, GOOD), csv(2, `"B"${GOOD.slice(1)}`)])).toEqual([[101, 'unclosed_quote']]);
  });
});

describe('json entries', () => {
  const object = (members: string) => `{"order_id":"A","quantity":1,"unit_price":2${members && ','}${members}}`;

  it.each<[string, string, string | null]>([
    ['"product_name":"a\\u00e4\\n\\ud83d\\ude00"', 'product_name', 'aä\n😀'],
    ['"product_name":" \\n x \\t"', 'product_name', 'x'],
    ['"product_name":true', 'product_name', 'true'],
    ['"product_name":null', 'product_name', 'unknown_product'],
    ['"product_name":{"a": [1,"x"]}', 'product_name', '{"a": [1,"x"]}'],
    ['"product_name":1e3', 'product_name', '1000'],
    ['"product_name":"1e3"', 'product_name', '1e3'],
    ['"product_name":"a\\u0000"', 'product_name', 'unknown_product'],
    ['"product_name":"\\ud83d"', 'product_name', 'unknown_product'],
    ['"PRODUCT_NAME":"x","product_name":"y"', 'product_name', 'y'],
    ['"product_name":"x","product_name":"y"', 'product_name', 'y'],
    ['"quantity":1.5E+3', 'quantity', '1500'],
    ['"unit_price":2.50e-2', 'unit_price', '0.025'],
    ['"unit_price":0.1', 'unit_price', '0.1'],
    ['"unit_price":12345678901234.5678', 'unit_price', '12345678901234.5678'],
    ['"discount_percent":1e-20', 'discount_percent', `0.${'0'.repeat(19)}1`],
    ['"discount_percent":1e-400', 'discount_percent', '0'],
    ['"nothing":{"of":["ours"]}', 'region', 'north'],
  ])('with %s: %s is %j', (members, column, value) => {
    expect(cleanObject(object(members))).toMatchObject({ [column]: value });
  });

  it.each<[string, [string | null, string, string | null]]>([
    [object('').slice(0, -1), [null, 'not_json', null]],
    [`[${object('')}]`, [null, 'not_json', null]],
    ['"A"', [null, 'not_json', null]],
    ['', [null, 'not_json', null]],
    [object('"x":tru'), [null, 'not_json', null]],
    [object('"order_id":""'), ['order_id', 'blank', '']],
    [object('"order_id":null'), ['order_id', 'blank', '']],
    [object('"order_id":"a\\u0000"'), ['order_id', 'nul_byte', 'a\ufffd']],
    [object('"order_id":"a\\ud83d"'), ['order_id', 'invalid_utf8', 'a\ufffd\ufffd\ufffd']],
    [object('"order_id":"a\xff"'), ['order_id', 'invalid_utf8', 'a\ufffd']],
    [object('"quantity":1.0'), ['quantity', 'not_integer', '1.0']],
    [object('"quantity":-1'), ['quantity', 'not_integer', '-1']],
    [object('"quantity":true'), ['quantity', 'not_integer', 'true']],
    [object('"unit_price":1e-399'), ['unit_price', 'not_decimal', '1e-399']],
    [object('"unit_price":[2]'), ['unit_price', 'not_decimal', '[2]']],
  ])('%s is a reject', (text, reject) => {
    expect(cleanObject(text)).toEqual(reject);
  });

  it('are each rejected for their own bytes only, whatever stands around them', () => {
    const dirty = new Map([
      [3, '{"order_id":"a","quantity":1,"unit_price":1,"region":"\\u0000"}'],
      [17, '{"order_id":"b","quantity":1,"unit_price":1,"region":"\xff"}'],
      [40, '{"order_id":"c","quantity":1,"unit_price":1,"other":"\xff"}'],
    ]);
    const entries = Array.from({ length: 60 }, (_, row) => {
      if (row % 2 === 0) return csv(row, `${row},,,1,1,,gr\xc3\xbcn,,`);
      return json(row, `{"order_id":${row},"quantity":1,"unit_price":1,"region":"gr\\u00fcn"}`);
    });
    for (const [row, text] of dirty) entries[row] = json(row, text);
    const { rows, rejects } = clean(entries);
    expect(rejects).toEqual([]);
    const regions = entries.map((_, row) => rows.get(101 + row)?.region);
    expect(regions).toEqual(entries.map((_, row) => (dirty.has(row) ? 'north' : 'gr\u00fcn')));
  });

  it('may all hold numbers that must be written out, beyond the room of usual chunks', () => {
    const entries = Array.from({ length: 12_000 }, (_, row) =>
      json(row, `{"discount_percent":1e-390,"order_id":${row}}`),
    );
    entries.push(json(entries.length, object('"discount_percent":125e-1')));
    const { rows, rejects } = clean(entries);
    expect(rows.get(101 + 12_000)).toMatchObject({ discount_percent: '12.5', revenue: '1.75' });
    expect(rejects.map(([, column]) => column)).toEqual(Array.from({ length: 12_000 }, () => 'quantity'));
  });
});
