import { LIMITS } from '@millrace/contracts';
import fc from 'fast-check';
import type { SchemaElement } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { groupTexts, parquetFile } from '../testing/parquet-file.js';

const column = (name: string, data: unknown[]) => ({ name, data });

/** CSV as anybody writes it, read back: quotes only where a field begins. */
function readCsv(text: string): string[][] {
  const field = /("(?:[^"]|"")*"|[^,\n]*)(,|\n)/gy;
  const rows: string[][] = [[]];
  for (let match = field.exec(text); match; match = field.exec(text)) {
    const [, raw, behind] = match;
    rows.at(-1)!.push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw);
    if (behind === '\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

async function jsonOf(schema: SchemaElement[], data: unknown[]): Promise<unknown[]> {
  const [text] = await groupTexts(parquetFile([column('v', data)], { schema }));
  return readCsv(text)
    .slice(1)
    .map(([field]) => (field === '' ? undefined : JSON.parse(field)));
}

describe('the text of a Parquet file', () => {
  it('has a header record, and quotes where they are needed', async () => {
    const file = parquetFile([
      column('id', ['#1', ' a ', 'b,c', 'say "hi"', 'two\nlines', 'plain', '', null]),
      column('a,b', [1, 2, 3, 4, 5, 6, 7, null]),
    ]);
    expect(await groupTexts(file)).toEqual([
      'id,"a,b"\n"#1",1\n" a ",2\n"b,c",3\n"say ""hi""",4\n"two\nlines",5\nplain,6\n"",7\n,\n',
    ]);
  });

  it('gives any texts back, in pieces of any size, and each row group by itself', async () => {
    const texts = fc.array(
      fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a', 'a', '"', '\n', '#')), { freq: 4 }),
      {
        minLength: 1,
        maxLength: 20,
      },
    );
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 50 }),
        async (data, rowGroupSize, piece) => {
          const numbers = data.map((_, index) => index);
          const schema: SchemaElement[] = [
            { name: 'root', num_children: 2 },
            { name: 'n', type: 'INT32', repetition_type: 'REQUIRED' },
            { name: 't', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
          ];
          const file = parquetFile([column('n', numbers), column('t', data)], { schema, rowGroupSize, pageSize: 64 });
          const groups = await groupTexts(file, piece);
          expect(groups.length).toBe(Math.ceil(data.length / rowGroupSize));
          const expected = [['n', 't'], ...data.map((text, index) => [String(index), text?.toWellFormed() ?? ''])];
          expect(readCsv(groups.join(''))).toEqual(expected);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('has a line for each row, and only one for a row over the limit', async () => {
    const long = 'line\n"'.repeat(LIMITS.record_bytes / 4);
    const [text] = await groupTexts(parquetFile([column('id', ['a', 'b', 'c']), column('t', ['x', long, 'y'])]));
    const lines = text.split('\n');
    expect(lines.map(({ length }) => length)).toEqual([4, 3, LIMITS.record_bytes, 3, 0]);
    expect(lines[2].slice(0, 20)).toBe('b,"line ""line ""lin');
  });

  it('has the header only where there are no rows', async () => {
    expect(await groupTexts(parquetFile([column('id', []), column('b', [])]))).toEqual(['id,b\n']);
  });
});

describe('nested columns', () => {
  const list = (name: string, element: SchemaElement): SchemaElement[] => [
    { name, repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    element,
  ];
  const root: SchemaElement = { name: 'root', num_children: 1 };
  const int = (name: string, repetition_type: 'OPTIONAL' | 'REQUIRED' = 'OPTIONAL'): SchemaElement => ({
    name,
    type: 'INT32',
    repetition_type,
  });

  it('are lists', async () => {
    const data = [[1, null, 3], [], null, [4]];
    expect(await jsonOf([root, ...list('v', int('element'))], data)).toEqual([[1, null, 3], [], undefined, [4]]);
    const nested = [
      root,
      ...list('v', { ...list('element', int('element'))[0] }),
      ...list('', int('element')).slice(1),
    ];
    const deep = [[[1], [], null, [2, null]], null, [], [[3, 4]]];
    expect(await jsonOf(nested, deep)).toEqual([[[1], [], null, [2, null]], undefined, [], [[3, 4]]]);
  });

  it('are structs, and lists of them', async () => {
    const struct: SchemaElement[] = [
      { name: 'v', repetition_type: 'OPTIONAL', num_children: 2 },
      int('a'),
      { name: 'b', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
    ];
    const data = [{ a: 1, b: 'x"y' }, null, { a: null, b: null }];
    expect(await jsonOf([root, ...struct], data)).toEqual([data[0], undefined, data[2]]);
    const items = list('v', { name: 'element', repetition_type: 'OPTIONAL', num_children: 2 });
    const rows = [[{ a: 1, b: 'x' }, null, { a: null, b: 'y' }], [], null];
    expect(await jsonOf([root, ...items, ...struct.slice(1)], rows)).toEqual([rows[0], [], undefined]);
  });

  it('are maps', async () => {
    const map: SchemaElement[] = [
      { name: 'v', repetition_type: 'OPTIONAL', converted_type: 'MAP', num_children: 1 },
      { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
      { name: 'key', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
      int('value'),
    ];
    const data = [{ b: 1, a: null, 10: 3 }, {}, null];
    expect(await jsonOf([root, ...map], data)).toEqual([data[0], {}, undefined]);
  });

  it('keep all digits of their numbers', async () => {
    const long: SchemaElement = { name: 'element', type: 'INT64', repetition_type: 'OPTIONAL' };
    const file = parquetFile([column('v', [[9007199254740993n, null]])], { schema: [root, ...list('v', long)] });
    expect(await groupTexts(file)).toEqual(['v\n"[9007199254740993,null]"\n']);
    const double: SchemaElement = { name: 'element', type: 'DOUBLE', repetition_type: 'OPTIONAL' };
    const doubles = parquetFile([column('v', [[1e21, Number.NaN]])], { schema: [root, ...list('v', double)] });
    expect(await groupTexts(doubles)).toEqual(['v\n"[1000000000000000000000,""NaN""]"\n']);
  });

  it('go on in the next page', async () => {
    const data = Array.from({ length: 300 }, (_, row) => Array.from({ length: row % 17 }, (_, index) => row + index));
    const file = parquetFile(
      [
        column(
          'id',
          data.map((_, row) => row),
        ),
        column('v', data),
      ],
      {
        schema: [{ name: 'root', num_children: 2 }, int('id', 'REQUIRED'), ...list('v', int('element'))],
        pageSize: 100,
      },
    );
    const [text] = await groupTexts(file);
    expect(
      readCsv(text)
        .slice(1)
        .map(([id, v]) => [Number(id), JSON.parse(v)]),
    ).toEqual(data.map((v, row) => [row, v]));
  });
});
