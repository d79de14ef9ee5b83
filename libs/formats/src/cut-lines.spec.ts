import { CHUNK_FLAG } from '@millrace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CutChunk, type CutOptions, nextJsonLines, type PositionalReader, readLinesBegin } from './index.js';

function readerOf(file: Buffer, most = Number.POSITIVE_INFINITY): PositionalReader {
  return (position, into) =>
    file.copy(into, 0, position, Math.min(file.length, position + Math.min(into.length, most)));
}

async function cutAll(text: string, options: CutOptions = {}, most?: number): Promise<CutChunk[]> {
  const file = Buffer.from(text);
  const chunks: CutChunk[] = [];
  for (let at = 0; ; at = chunks.at(-1)!.byte_end) {
    const chunk = await nextJsonLines(readerOf(file, most), at, file.length, options);
    if (!chunk) return chunks;
    chunks.push(chunk);
  }
}

const shapes = (chunks: CutChunk[]) => chunks.map((c) => [c.byte_start, c.byte_end, c.records, c.flags]);
const lines = fc
  .array(fc.constantFrom('{"a":1}', '', ' \t\r', '{"b":"x', 'nothing', '{"c":[1,2]} '))
  .map((all) => all.join('\n'));

describe('nextJsonLines', () => {
  it('cuts whole lines and counts those that are not blank, whatever the limits and the sizes of the reads', async () => {
    await fc.assert(
      fc.asyncProperty(
        lines,
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 9 }),
        async (text, chunk_bytes, chunk_records, most) => {
          const chunks = await cutAll(text, { chunk_bytes, chunk_records }, most);
          expect(chunks.map(({ byte_start }) => byte_start)).toEqual(
            [0, ...chunks.map((c) => c.byte_end)].slice(0, chunks.length),
          );
          expect(chunks.at(-1)?.byte_end ?? 0).toBe(text.length);
          const wanted = text.split('\n').filter((line) => line.trim() !== '').length;
          expect(chunks.reduce((sum, { records }) => sum + records, 0)).toBe(wanted);
          for (const { byte_start, byte_end, flags, raw } of chunks) {
            if (flags === 0) expect(raw.toString()).toBe(text.slice(byte_start, byte_end));
            else expect(text[byte_end - 1] === '\n' || byte_end === text.length).toBe(true);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('takes no line without its end from a source that may still grow', async () => {
    expect(shapes(await cutAll('{"a":1}\n{"a":', { sealed: false }))).toEqual([[0, 8, 1, 0]]);
    expect(await cutAll('{"a":', { sealed: false })).toEqual([]);
    expect(shapes(await cutAll('{"a":1}\n{"a":'))).toEqual([[0, 13, 2, 0]]);
  });

  it('flags a line over the limit, which ends at its end', async () => {
    const long = `{"a":"${'x'.repeat(600_000)}"}`;
    const chunks = await cutAll(`1\n${long}\n3\n`, { chunk_bytes: 1000 });
    expect(shapes(chunks)).toEqual([
      [0, 2, 1, 0],
      [2, 3 + long.length, 1, CHUNK_FLAG.record_too_long],
      [3 + long.length, 5 + long.length, 1, 0],
    ]);
    expect(
      await nextJsonLines(readerOf(Buffer.from(long)), 0, long.length, { chunk_bytes: 9, sealed: false }),
    ).toBeNull();
  });

  it('begins behind a byte order mark', async () => {
    const begin = (text: string) => readLinesBegin(readerOf(Buffer.from(text)), Buffer.byteLength(text));
    expect((await begin('\ufeff{}')).header_end).toBe(3);
    expect((await begin('{}')).header_end).toBe(0);
    expect((await begin('')).header_end).toBe(0);
  });
});
