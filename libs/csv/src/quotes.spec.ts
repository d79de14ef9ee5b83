import { LIMITS } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { fieldsOf, RECORD_FAULT, readRows } from './index.js';
import { cutText, dialectOf, recordsOf } from './testing/dialects.js';

const { none, unclosed_quote } = RECORD_FAULT;
const rowsOf = (text: string, parts = {}) => {
  const rows = [...readRows(Buffer.from(text), dialectOf({ header_rows: 0, ...parts }))];
  return rows.map(({ fields, fault }) => [fault, ...fields]);
};

describe('quotes', () => {
  it.each([
    ['escaped by doubling', '"a ""b"" c",2\n', {}, [[none, 'a "b" c', '2']]],
    [
      'escaped by a backslash, which stands for itself before anything else',
      '"a \\"b\\", \\\\, \\n",2\n',
      { escape: '\\' },
      [[none, 'a "b", \\, \\n', '2']],
    ],
    ['not escaped at all', '"48"","8\'9" long, thin."\n', { escape: null }, [[none, '48"', '8\'9" long, thin.']]],
    ['of another kind', "'it''s',\"x\"\n", { quote: "'", escape: "'" }, [[none, "it's", '"x"']]],
    ['of several bytes', '«a;«« b»«;c\n', { quote: '«', escape: '«', delimiter: ';' }, [[none, 'a;« b»', 'c']]],
    ['not known', '"a","b"\n', { quote: null }, [[none, '"a"', '"b"']]],
    ['with record ends within', '"a\r\nb\nc\rd",2\n', {}, [[none, 'a\r\nb\nc\rd', '2']]],
    ['in a field that has begun', 'a"b",5" "x\n', {}, [[none, 'a"b"', '5" "x']]],
    ['with blanks around', '1, "a, b" ,"c"\t\n', {}, [[none, '1', 'a, b', 'c']]],
    [
      'behind blanks, without a close',
      '1, "a b" c,2\n3, "d\n',
      {},
      [
        [none, '1', '"a b" c', '2'],
        [none, '3', '"d'],
      ],
    ],
    ['behind blanks that are delimiters', 'a  "b c"\n', { delimiter: ' ' }, [[none, 'a', '', 'b c']]],
  ])('are read when %s', (_, text, parts, expected) => {
    expect(rowsOf(text, parts)).toEqual(expected);
  });

  it.each([
    [
      'stray within quotes, when the field closes in the same line',
      '"he said "no, never" to me",2\n',
      [[none, 'he said "no, never" to me', '2']],
    ],
    ['stray behind an opening one', '""a, b",2\n', [[none, '"a, b', '2']]],
    [
      'closing, and text follows',
      '"a"b,2\n"c"d\n',
      [
        [none, 'ab', '2'],
        [none, 'cd'],
      ],
    ],
  ])('are taken for %s', (_, text, expected) => {
    expect(rowsOf(text)).toEqual(expected);
  });

  it.each([
    [
      'another field opens before it closes',
      '"1,x,"a, b",c\n2,y,z,d\n',
      [
        [unclosed_quote, '"1', 'x', 'a, b', 'c'],
        [none, '2', 'y', 'z', 'd'],
      ],
    ],
    [
      'a later record opens a field before it closes',
      '1,"\n2,"a, b"\n',
      [
        [unclosed_quote, '1', '"'],
        [none, '2', 'a, b'],
      ],
    ],
    [
      'a record that begins with a quote comes before it closes',
      '1,"x\n"2",y\n',
      [
        [unclosed_quote, '1', '"x'],
        [none, '2', 'y'],
      ],
    ],
    [
      'the text ends before it closes',
      '1,"x\n2,y\n3',
      [
        [unclosed_quote, '1', '"x'],
        [none, '2', 'y'],
        [none, '3'],
      ],
    ],
    [
      'only a quote within a later line comes',
      '1,"x\n2,5" y\n',
      [
        [unclosed_quote, '1', '"x'],
        [none, '2', '5" y'],
      ],
    ],
  ])('are literal and the damage stays within the record when %s', (_, text, expected) => {
    expect(rowsOf(text)).toEqual(expected);
  });

  it('close within the stated bounds, or never', async () => {
    const bytes = (size: number) => `"${'x'.repeat(size)}",2\n3,4\n`;
    const lines = (count: number) => `"${'\n'.repeat(count)}",2\n3,4\n`;
    for (const text of [bytes(LIMITS.quoted_bytes - 1), lines(LIMITS.quoted_lines)]) {
      expect(rowsOf(text).map(([fault, , second]) => [fault, second])).toEqual([
        [none, '2'],
        [none, '4'],
      ]);
    }
    expect(rowsOf(bytes(LIMITS.quoted_bytes))[0][0]).toBe(unclosed_quote);
    const rows = rowsOf(lines(LIMITS.quoted_lines + 1));
    expect(rows).toEqual([
      [unclosed_quote, '"'],
      [unclosed_quote, '"', '2'],
      [none, '3', '4'],
    ]);
  });

  it('are told the same way wherever a chunk ends', async () => {
    const row = '1,"two\nlines",3\n';
    const text = Buffer.from(row.repeat(5000) + '1,"open,3\n' + row.repeat(5000) + '4,"' + 'y\n'.repeat(40_000));
    const dialect = dialectOf({ header_rows: 0 });
    const whole = recordsOf((await cutText(text, dialect))!, dialect);
    const cut = await cutText(text, dialect, { chunk_bytes: LIMITS.quoted_bytes / 4, chunk_records: 7000 });
    expect(cut!.chunks.length).toBeGreaterThan(5);
    expect(recordsOf(cut!, dialect)).toEqual(whole);
    expect(whole.length).toBe(10_000 + 40_001);
  });

  it('of one record are read as those of a file', () => {
    expect(fieldsOf(Buffer.from("'a;b'; c ;'d"), dialectOf({ delimiter: ';', quote: "'", escape: null }))).toEqual([
      'a;b',
      'c',
      "'d",
    ]);
  });
});

describe('record ends', () => {
  it.each([
    ['any', 'a\nb\r\nc\rd', ['a', 'b', 'c', 'd']],
    ['lf', 'a\nb\r\nc\rd', ['a', 'b', 'c\rd']],
    ['crlf', 'a\nb\r\nc\rd', ['a\nb', 'c\rd']],
    ['cr', 'a\rb\r"c\r"\rd\ne', ['a', 'b', 'c\r', 'd\ne']],
  ])('are %s as the dialect says', (record_end, text, expected) => {
    const rows = [
      ...readRows(Buffer.from(text), dialectOf({ header_rows: 0, record_end: record_end as 'lf' }), { trim: false }),
    ];
    expect(rows.map(({ fields }) => fields[0])).toEqual(expected);
  });

  it('make blank lines of blanks that are no delimiters', () => {
    expect(rowsOf('a\n\n \t\r\n\t\nb\n')).toEqual([
      [none, 'a'],
      [none, 'b'],
    ]);
    expect(rowsOf('a\tb\n\t\n \n', { delimiter: '\t' })).toEqual([
      [none, 'a', 'b'],
      [none, '', ''],
    ]);
  });
});
