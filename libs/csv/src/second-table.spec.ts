import { CHUNK_FLAG } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { readRows } from './index.js';
import { cutText, dialectOf, recordsOf } from './testing/dialects.js';

const FIRST = 'id,name,city\n1,Ann,Rome\n2,Bob,Oslo\n';

/** How many records belong to the first table, and how many to a second one. */
async function tablesOf(text: string, options = {}): Promise<[number, number]> {
  const dialect = dialectOf();
  const cut = await cutText(Buffer.from(text), dialect, options);
  const records = recordsOf(cut!, dialect);
  const rows = [...readRows(Buffer.from(text), dialect)];
  const other = records.filter(([, , flags]) => (flags & CHUNK_FLAG.other_table) !== 0);
  expect(rows.filter((row) => row.other).length).toBe(other.length);
  expect(rows.length).toBe(records.length);
  return [records.length - other.length, other.length];
}

describe('a second table', () => {
  it.each([
    ['repeats the header', 'id,name,city\n3,Cid,Bern\n', 2],
    ['repeats the header, quoted', '"id", "name","city"\n3,Cid,Bern\n', 2],
    ['repeats the header and adds to it', 'id,name,city,zip\n3,Cid,Bern,3000\n', 2],
    ['repeats most of the header', 'id,name\n3,Cid\n', 2],
    ['has names of its own behind a blank line, and rows as wide', '\nsku,price\nx,1.50\ny,2\n4,Dan,Kyiv\n', 4],
    ['has an empty field in its first row', '\nsku,price\nx,\n', 2],
  ])('is one that %s', async (_, text, records) => {
    expect(await tablesOf(FIRST + text)).toEqual([2, records]);
    // However small the chunks are, it begins at the same record.
    expect(await tablesOf(FIRST + text, { chunk_bytes: 30, chunk_records: 1 })).toEqual([2, records]);
  });

  it.each([
    ['is ragged', '3,Cid\n4,Dan,Kyiv,x\n'],
    ['is ragged behind a blank line', '\n3,Cid\n4,Dan\n'],
    ['is a line of text behind a blank line', '\nTotal of all\n5,Eve,Lima\n'],
    ['is all words, and so is what follows', '\nCid,Bern\nDan,Kyiv\n'],
    ['has words and then rows as wide as the table', '\nCid,Bern\n5,Eve,Lima\n'],
    ['has the same name twice', '\nsku,sku\n1,2\n'],
    ['has names, but ends with them', '\nsku,price\n'],
    ['begins like the header only', 'id,Name,city\nid\n'],
    ['is as wide as the table', '\nsku,price,unit\n1,2,3\n'],
  ])('is none that %s', async (_, text) => {
    const [, other] = await tablesOf(FIRST + text);
    expect(other).toBe(0);
  });

  it('is waited for while the source grows', async () => {
    const text = Buffer.from(`${FIRST}\nsku,price\n`);
    const { chunks } = (await cutText(text, dialectOf(), { sealed: false }))!;
    expect(chunks.map(({ byte_end, records, flags }) => [byte_end, records, flags])).toEqual([[FIRST.length, 2, 0]]);
  });

  it('is not looked for without the header, nor in a table of one column', async () => {
    const rows = [...readRows(Buffer.from('id\n1\nid\n2\n\na,b\n1,2\n'), dialectOf())];
    expect(rows.every(({ other }) => !other)).toBe(true);
    const cut = await cutText(Buffer.from(`${FIRST}id,name,city\n`), dialectOf(), { table: undefined });
    expect(cut!.chunks.map(({ flags }) => flags)).toEqual([0]);
  });
});
