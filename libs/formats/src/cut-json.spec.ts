import { CHUNK_FLAG } from '@millrace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CutChunk,
  type CutOptions,
  isJsonArray,
  JsonItems,
  nextJsonChunk,
  type PositionalReader,
  readJsonBegin,
  requireArrayEnd,
} from './index.js';
import { damaged, jsonText, objectText } from './testing/arbitraries.js';

function readerOf(file: Buffer, most = Number.POSITIVE_INFINITY): PositionalReader {
  return (position, into) =>
    file.copy(into, 0, position, Math.min(file.length, position + Math.min(into.length, most)));
}

interface Cut {
  chunks: CutChunk[];
  /** Of the items in chunks that are not flagged: their values' ranges in the file. */
  items: [number, number][];
  header_end: number;
}

async function cutAll(text: string, options: CutOptions = {}, most?: number): Promise<Cut> {
  const file = Buffer.from(text);
  const { header, header_end } = await readJsonBegin(readerOf(file, most), file.length);
  const inArray = isJsonArray(header);
  const cut: Cut = { chunks: [], items: [], header_end };
  for (let at = header_end; ; at = cut.chunks.at(-1)!.byte_end) {
    const chunk = await nextJsonChunk(readerOf(file, most), at, file.length, { ...options, inArray });
    if (!chunk) return cut;
    cut.chunks.push(chunk);
    if (chunk.flags === 0) cut.items.push(...itemsOf(chunk, inArray));
  }
}

/** As the cleaner walks over a chunk, without what is around it. */
function itemsOf({ raw, byte_start }: CutChunk, inArray: boolean): [number, number][] {
  const bytes = Buffer.concat([raw, Buffer.alloc(1)]);
  const text = { inArray, isBegin: byte_start === 0 };
  const items = new JsonItems(bytes, raw.length, text, true);
  const found: [number, number][] = [];
  for (let at = 0; at < raw.length; at = items.item.to) {
    if (!items.next(at)) throw new Error('an item has no end');
    if (!items.item.isEmpty) found.push([byte_start + items.item.from, byte_start + items.item.to]);
  }
  return found;
}

const textsOf = (text: string, { items }: Cut) =>
  items.map(([from, to]) => Buffer.from(text).toString('utf8', from, to).trim());
const shapes = ({ chunks }: Cut) => chunks.map((c) => [c.byte_start, c.byte_end, c.records, c.flags]);

const blanks = fc.constantFrom('', '', ' ', '\n', '\r\n  ', '\t');
const arrayText = fc
  .tuple(blanks, fc.array(fc.tuple(jsonText, blanks), { maxLength: 8 }), blanks)
  .map(([before, items, behind]) => `${before}[${items.map((item) => item.join('')).join(',')}]${behind}`);
const sizes = fc.record({
  chunk_bytes: fc.integer({ min: 1, max: 60 }),
  chunk_records: fc.integer({ min: 1, max: 4 }),
});

/** Every byte is in exactly one chunk, and each chunk holds as many items as it says. */
function expectTiles(text: string, cut: Cut): void {
  let at = cut.header_end;
  let records = 0;
  for (const chunk of cut.chunks) {
    expect(chunk.byte_start).toBe(at);
    expect(chunk.byte_end).toBeGreaterThan(at);
    expect(chunk.raw.equals(Buffer.from(text).subarray(at, at + chunk.raw.length))).toBe(true);
    if (chunk.flags === 0) {
      expect(chunk.raw.length).toBe(chunk.byte_end - at);
      records += chunk.records;
    } else expect([chunk.records, chunk.flags]).toEqual([1, CHUNK_FLAG.record_too_long]);
    at = chunk.byte_end;
  }
  expect(at).toBe(Buffer.byteLength(text));
  expect(cut.items.length).toBe(records);
}

describe('nextJsonChunk of an array', () => {
  it('finds the elements that JSON.parse finds, whatever the chunks and the sizes of the reads', async () => {
    await fc.assert(
      fc.asyncProperty(arrayText, sizes, fc.integer({ min: 1, max: 9 }), async (text, options, most) => {
        const values = JSON.parse(text) as unknown[];
        const whole = await cutAll(text);
        expect(textsOf(text, whole).map((item) => JSON.parse(item))).toEqual(values);
        const cut = await cutAll(text, options, most);
        expectTiles(text, cut);
        const records = cut.chunks.reduce((sum, chunk) => sum + chunk.records, 0);
        expect(records).toBe(values.length);
        expect(whole.items).toEqual(expect.arrayContaining(cut.items));
        await requireArrayEnd(readerOf(Buffer.from(text)), Buffer.byteLength(text), 'a.json');
      }),
      { numRuns: 400 },
    );
  });

  it('takes any text at all, with the same items in whatever chunks', async () => {
    const broken = fc.oneof(damaged(arrayText), damaged(damaged(arrayText)), damaged(objectText), fc.string());
    await fc.assert(
      fc.asyncProperty(broken, sizes, async (text, options) => {
        const whole = await cutAll(text);
        expectTiles(text, whole);
        const cut = await cutAll(text, options);
        expectTiles(text, cut);
        if (cut.chunks.every(({ flags }) => flags === 0)) expect(cut.items).toEqual(whole.items);
      }),
      { numRuns: 1500 },
    );
  });

  it('gives what stands between elements to the chunk of the one behind, and the end to the last', async () => {
    const text = '[ {"a":1} ,\n {"a":2},3\n]\n';
    const cut = await cutAll(text, { chunk_records: 2 });
    expect(cut.header_end).toBe(1);
    expect(cut.chunks.map(({ raw, records }) => [raw.toString(), records])).toEqual([
      [' {"a":1} ,\n {"a":2}', 2],
      [',3\n]\n', 1],
    ]);
  });

  it.each(['[]', ' [ \n] ', '\ufeff[\n]\n'])('has no record in %j', async (text) => {
    const cut = await cutAll(text);
    expect(cut.items).toEqual([]);
    expectTiles(text, cut);
  });

  it('makes one item of what stands behind the end', async () => {
    const text = '[{"a":1}] trailing {"b":2}, {"c":3}\n[4]';
    expect(textsOf(text, await cutAll(text))).toEqual(['{"a":1}', '] trailing {"b":2}, {"c":3}\n[4]']);
  });

  it('flags an element over the limit, and goes on behind it', async () => {
    const long = `{"a":"${'x'.repeat(600_000)}\\"]}"}`;
    const text = `[{"a":1},${long},{"a":3}]`;
    const cut = await cutAll(text, { chunk_bytes: 1000 });
    expect(shapes(cut)).toEqual([
      [1, 8, 1, 0],
      [8, 9 + long.length, 1, CHUNK_FLAG.record_too_long],
      [9 + long.length, text.length, 1, 0],
    ]);
    expect(cut.chunks[1].raw.length).toBe(1000);
  });

  it('follows any nesting to its end, or to the next line', async () => {
    const nested = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    for (const depth of [60, 64, 200, 5000, 100_000]) {
      const text = `[\n{"a":1},\n${nested(depth)},\n{"a":3}\n]`;
      expect((await cutAll(text)).items.length).toBe(3);
    }
  });

  it('tells an array without an end, once all of it is read', async () => {
    const read = (text: string) => requireArrayEnd(readerOf(Buffer.from(text)), text.length, 'a.json');
    for (const text of ['[{"a":1},{"a":2}', '[', '[1,\n']) {
      await expect(read(text)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', message: /has no end, at byte \d+/ });
    }
    await expect(read(`[1]${' '.repeat(600_000)}`)).resolves.toBeUndefined();
  });

  it('skips blanks of any length', async () => {
    const text = `[1,${' '.repeat(5000)}2${'\n'.repeat(5000)}]${' '.repeat(5000)}`;
    const cut = await cutAll(text, { chunk_bytes: 1000 });
    expectTiles(text, cut);
    expect(textsOf(text, cut)).toEqual(['1', '2']);
  });

  it('cuts nothing of a source that may still grow', async () => {
    expect(await nextJsonChunk(readerOf(Buffer.from('[1,2]')), 1, 5, { sealed: false })).toBeNull();
  });
});

describe('a broken element', () => {
  const row = (id: number) => `{"id":${id},"name":"n"}`;
  const faults = [
    '{"id":2,"name":"n}',
    '{"id":2,"name":n"}',
    '{"id":2,"name":"n"',
    '{"id":2,"tags":["n","m"}',
    '{"id":2,"tags":"n","m"]}',
    '{"id":2,,"name":"n"}',
    '{"id":2}}',
    '{"id" 2}',
    '{"id":2,}',
    '"id":2,"name":"n"}',
    '{"id":2,"n":{"m":1}',
    '{"id":2,"n":[{"id":9},{"id":8}',
  ];

  it.each(faults)('costs no more than its own line: %s', async (fault) => {
    const text = `[\n${row(1)},\n${fault},\n${row(3)},\n${row(4)}\n]\n`;
    const items = textsOf(text, await cutAll(text));
    expect(items).toEqual(expect.arrayContaining([row(1), row(3), row(4)]));
    for (const item of items) if (![row(1), row(3), row(4)].includes(item)) expect(fault).toContain(item.split(',')[0]);
  });

  it.each(faults.slice(0, 5))('costs no more than itself where each takes several lines: %s', async (fault) => {
    const pretty = (text: string) => text.replaceAll(',"', ',\n    "').replace('{', '{\n    ');
    const text = `[\n  ${pretty(row(1))},\n  ${pretty(fault)},\n  ${pretty(row(3))},\n  ${pretty(row(4))}\n]\n`;
    const items = textsOf(text, await cutAll(text));
    const sound = [row(1), row(3), row(4)].map(pretty);
    expect(items.filter((item) => sound.includes(item))).toEqual(sound);
  });

  it('ends at the next object where all stand in one line', async () => {
    const text = `[${row(1)},{"id":2,"name":"n},${row(3)},${row(4)}]`;
    expect(textsOf(text, await cutAll(text))).toEqual(expect.arrayContaining([row(1), row(4)]));
  });

  it('does not swallow the text, however long it is', async () => {
    const rows = Array.from({ length: 60_000 }, (_, id) => row(id));
    for (const fault of ['{"id":5,"name":"n', '{"id":5,"names":[{"n":1}']) {
      const text = `[\n${rows.with(5, fault).join(',\n')}\n]`;
      const cut = await cutAll(text);
      expectTiles(text, cut);
      expect(cut.items.length).toBe(60_000);
    }
  });
});

describe('nextJsonChunk of what is no array', () => {
  it.each<[string, string[]]>([
    ['{"a":1}', ['{"a":1}']],
    ['\ufeff {\n"a":[1,\n2]}\n', ['{\n"a":[1,\n2]}']],
    ['{"a":1}\n{"a":2}\n\n{"a":3}', ['{"a":1}', '{"a":2}', '{"a":3}']],
    ['{"a":1}{"a":2}', ['{"a":1}', '{"a":2}']],
    ['{"a":1} garbage, more\n', ['{"a":1}', 'garbage', 'more']],
    ['hello\nworld', ['hello', 'world']],
    ['"text"', ['"text"']],
    ['12 ] 13', ['12 ] 13']],
    ['{"a":"x\n{"a":2}\n', ['{"a":"x', '{"a":2}']],
    ['', []],
    [' \n', []],
  ])('has in %j the items %j', async (text, expected) => {
    const cut = await cutAll(text);
    expect(cut.header_end).toBe(0);
    expectTiles(text, cut);
    expect(textsOf(text, cut)).toEqual(expected);
  });
});
