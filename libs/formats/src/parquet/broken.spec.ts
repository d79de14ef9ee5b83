import { MillraceError } from '@millrace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BytesFile } from '../testing/bytes-file.js';
import { groupTexts, PATH, parquetContent, parquetFile } from '../testing/parquet-file.js';
import { SEGMENT_BYTES } from './bounds.js';
import { readFooter } from './read-footer.js';
import { readParquetSchema } from './read-schema.js';

const ROWS = 400;
const file = parquetFile(
  [
    { name: 'id', data: Array.from({ length: ROWS }, (_, row) => row) },
    { name: 't', data: Array.from({ length: ROWS }, (_, row) => `text of ${row % 50}`) },
    { name: 'v', data: Array.from({ length: ROWS }, (_, row) => (row % 4 === 0 ? null : row / 8)) },
  ],
  { rowGroupSize: 100, pageSize: 256 },
);

const failureOf = (bytes: Uint8Array) => groupTexts(bytes).then(String, (error) => error);

describe('a Parquet file', () => {
  it('is read by row groups, in any order', async () => {
    const content = parquetContent(file);
    const texts = await groupTexts(file);
    const group = async (number: number) => {
      const text = Buffer.alloc(100_000);
      return text.toString('utf8', 0, await content.readInto(text, number * SEGMENT_BYTES));
    };
    for (const number of [3, 0, 2, 2, 1]) expect(await group(number)).toBe(texts[number]);
    expect(await content.size()).toBe(3 * SEGMENT_BYTES + texts[3].length);
    expect(await content.segments!.endOf(SEGMENT_BYTES)).toBe(SEGMENT_BYTES + texts[1].length);
    expect(await content.segments!.endOf(SEGMENT_BYTES + 5, 10)).toBeGreaterThan(SEGMENT_BYTES + 15);
    expect(content.segments!.after(3 * SEGMENT_BYTES)).toBeNull();
    await content.close();
  });

  it('tells its columns, their types and its row groups', async () => {
    const schema = await readParquetSchema(new BytesFile(file), file.length, PATH);
    expect(schema.columns.map(({ name, type, nullable }) => [name, type, nullable])).toEqual([
      ['id', 'integer', false],
      ['t', 'text', false],
      ['v', 'decimal', true],
    ]);
    expect(schema.rows).toBe(ROWS);
    expect(schema.row_groups.map(({ rows }) => rows)).toEqual([100, 100, 100, 100]);
    for (const { size_bytes } of schema.row_groups) expect(size_bytes).toBeGreaterThan(100);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['is empty', new Uint8Array(0), /is no Parquet/],
    ['is text', Buffer.from('id,name\n1,2\n'), /is no Parquet/],
    ['is cut off', file.subarray(0, -100), /is cut off: no Parquet ends at byte \d+/],
    ['is its begin', file.subarray(0, 4), /is cut off: no Parquet ends at byte 4/],
    [
      'has a footer longer than itself',
      Buffer.concat([file.subarray(0, -8), Buffer.of(255, 255, 0, 0), Buffer.from('PAR1')]),
      /footer/,
    ],
    ['is encrypted', Buffer.concat([file.subarray(0, -4), Buffer.from('PARE')]), /encrypted/],
  ])('is told when it %s', async (_name, bytes, message) => {
    const error = await failureOf(bytes);
    expect(error).toBeInstanceOf(MillraceError);
    expect(error.message).toContain(PATH);
    expect(error.message).toMatch(message);
  });

  it('that is compressed as a whole is refused', () => {
    expect(() => parquetContent(file, { compression: 'gzip' })).toThrow(/within gzip/);
  });

  it('keeps the row groups before a broken one, and names the place', async () => {
    const texts = await groupTexts(file);
    const broken = Uint8Array.from(file);
    const raw = new BytesFile(file);
    const { row_groups } = await readFooter({ raw, size_bytes: file.length, path: PATH });
    const { start, end } = row_groups[2].columns[1];
    broken.fill(0xff, start, end);
    const content = parquetContent(broken);
    const read = async (group: number) => {
      const text = Buffer.alloc(100_000);
      return text.toString('utf8', 0, await content.readInto(text, group * SEGMENT_BYTES));
    };
    for (const group of [0, 1, 3]) expect(await read(group)).toBe(texts[group]);
    await expect(read(2)).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringMatching(`^${PATH} cannot be read at row group 2 in the column t by byte ${start}: `),
    });
    await content.close();
  });

  it('with a page header whose number has another type is told of like any broken one', async () => {
    const bytes = Uint8Array.from(file);
    bytes[1839] = 70;
    bytes[2773] = 0;
    await expect(groupTexts(bytes)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
  });

  it('whose few bytes stand for text beyond measure is refused, also over several row groups', async () => {
    const long = 'x'.repeat(10_000);
    const bytes = parquetFile([{ name: 'v', data: Array.from({ length: 3000 }, () => long) }], { rowGroupSize: 1000 });
    expect(bytes.length).toBeLessThan(200_000);
    const expansion = { ratio: 10, free_bytes: 12_000_000, size_bytes: 2 ** 40 };
    const content = parquetContent(bytes, { expansion });
    const group = (number: number) => content.segments!.endOf(number * SEGMENT_BYTES);
    for (const again of [0, 0, 0]) expect(await group(again)).toBe(1000 * 10_001 + 2);
    await expect(group(1)).rejects.toMatchObject({
      code: 'SOURCE_REFUSED',
      message: expect.stringMatching(/has over 12000000 bytes of text at row group 1, and \d+ bytes itself/),
    });
    await content.close();
  });

  it('neither crashes nor hangs on damaged files', async () => {
    const damage = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(damage, async (flips) => {
        const bytes = Uint8Array.from(file);
        for (const [at, value] of flips) bytes[at] = value;
        const found = await failureOf(bytes);
        if (typeof found !== 'string') expect(found).toBeInstanceOf(MillraceError);
      }),
      { numRuns: 300 },
    );
  });
});
