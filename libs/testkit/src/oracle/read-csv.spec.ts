import { describe, expect, it } from 'vitest';
import { readCsv } from './read-csv.js';

const read = (text: string) => readCsv(Buffer.from(`a,b\n${text}`, 'latin1'));
const fieldsOf = (text: string) => read(text).records.map(({ fields }) => fields);

describe('readCsv', () => {
  it.each([
    [
      '1,2\n3,4\n',
      [
        ['1', '2'],
        ['3', '4'],
      ],
    ],
    [
      '1,2\r\n3,4',
      [
        ['1', '2'],
        ['3', '4'],
      ],
    ],
    ['"1,2",""""\n', [['1,2', '"']]],
    ['"1\n2","3\r\n4"\r\n', [['1\n2', '3\r\n4']]],
    ['1"x"," 2"\n', [['1"x"', ' 2']]],
    ['"1"x"y",2\n', [['1x"y"', '2']]],
    [' "1",2\n', [[' "1"', '2']]],
    ['1\r2,3\n', [['1\r2', '3']]],
    ['""\n', [['']]],
    [',\n', [['', '']]],
  ])('reads %j as Python does', (text, fields) => {
    expect(fieldsOf(text)).toEqual(fields);
  });

  it('counts comment and blank lines apart from records', () => {
    const { records, skipped } = read('# "note\n\n1,2\n \t\r\n#\n3,4\n  ');
    expect(records.map(({ record, fields }) => [record, fields[0]])).toEqual([
      [1, '1'],
      [2, '3'],
    ]);
    expect(skipped).toBe(5);
  });

  it('takes # for a comment only as first byte of a record', () => {
    expect(fieldsOf(' #1,2\n"a\n#b",#\n')).toEqual([
      [' #1', '2'],
      ['a\n#b', '#'],
    ]);
  });

  it('passes over a BOM and lines before the header', () => {
    const file = readCsv(Buffer.from('\xef\xbb\xbf# made today\n\n"a",b\r\n1,2', 'latin1'));
    expect(file).toMatchObject({ header: ['a', 'b'], skipped: 0 });
    expect(file.records).toHaveLength(1);
  });

  it('ends a quote that never closes with its line', () => {
    const flawsOf = (text: string) => read(text).records.map(({ flaw }) => flaw);
    expect(flawsOf('1,2\n3,"4\n5,6\n')).toEqual([null, 'unclosed_quote', null]);
    expect(flawsOf('1,2\n3,"4')).toEqual([null, 'unclosed_quote']);
    expect(flawsOf(`"1\n",x,"3\n${'4,5\n'.repeat(300_000)}6,"7"\n`).slice(0, 3)).toEqual([
      'unclosed_quote',
      null,
      null,
    ]);
    expect(flawsOf('1,"2"')).toEqual([null]);
  });

  it('ends a record over 1 MiB at the next line end, in quotes or not', () => {
    const limit = 1024 * 1024;
    const { records } = read(`"${'x'.repeat(limit)}\n1,2\n`);
    expect(records.map(({ flaw }) => flaw)).toEqual(['record_too_long', null]);
    expect(read(`${'x'.repeat(limit - 1)},\n`).records[0].flaw).toBe('record_too_long');
    expect(read(`${'x'.repeat(limit - 1)},`).records[0].flaw).toBe(null);
  });

  it('finds nothing in an empty file or behind a header alone', () => {
    expect(readCsv(Buffer.from(''))).toEqual({ header: [], records: [], skipped: 0 });
    expect(read('')).toMatchObject({ records: [], skipped: 0 });
  });
});
