import { CHUNK_FLAG, MillraceError } from '@millrace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CsvCutOptions, type CutChunk, nextChunk, type PositionalReader, parseRecords } from './index.js';
import { dirtyText } from './testing/arbitraries.js';
import { readNaively } from './testing/naive-csv.js';

/** Reads a text as a file, at most `most` bytes a call. */
function readerOf(text: string, most = Number.POSITIVE_INFINITY): PositionalReader {
  const file = Buffer.from(text, 'latin1');
  return (position, into) =>
    file.copy(into, 0, position, Math.min(file.length, position + Math.min(into.length, most)));
}

async function cutAll(text: string, options: CsvCutOptions = {}, most?: number): Promise<CutChunk[]> {
  const chunks: CutChunk[] = [];
  for (let at = 0; ; at = chunks.at(-1)!.byte_end) {
    const chunk = await nextChunk(readerOf(text, most), at, text.length, options);
    if (!chunk) return chunks;
    chunks.push(chunk);
  }
}

/** [begin, end, records, flags] of the chunks that the rules ask for. */
function cutNaively(text: string, chunk_bytes: number, chunk_records: number): number[][] {
  const chunks: number[][] = [];
  let open: number[] | undefined;
  for (const item of readNaively(text, chunk_bytes)) {
    const data = item.kind === 'skipped' ? 0 : 1;
    const long = item.end - item.start > chunk_bytes;
    // Whether a quote closes shows only in a full window of its own, or where the text ends.
    const own = item.unclosed && open && open[0] + chunk_bytes < text.length;
    if (long || own || !open || item.end - open[0] > chunk_bytes || open[2] === chunk_records) {
      open = [item.start, item.start, 0, item.kind === 'too_long' ? CHUNK_FLAG.record_too_long : 0];
      chunks.push(open);
    }
    open[1] = item.end;
    open[2] += data;
    if (long) open = undefined;
  }
  return chunks;
}

const shapes = (chunks: CutChunk[]) => chunks.map((c) => [c.byte_start, c.byte_end, c.records, c.flags]);

describe('nextChunk', () => {
  it('cuts as the rules say, whatever the bytes, the limits and the sizes of the reads', async () => {
    await fc.assert(
      fc.asyncProperty(
        dirtyText,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 9 }),
        async (text, chunk_bytes, chunk_records, most) => {
          const chunks = await cutAll(text, { chunk_bytes, chunk_records }, most);
          expect(shapes(chunks)).toEqual(cutNaively(text, chunk_bytes, chunk_records));
          for (const { byte_start, byte_end, raw, records, flags } of chunks) {
            // A line over the limit keeps only its begin.
            const kept = Math.min(byte_end - byte_start, chunk_bytes);
            expect(raw.toString('latin1')).toBe(text.slice(byte_start, byte_start + kept));
            if (flags !== 0 || kept < byte_end - byte_start) continue;
            expect(parseRecords(raw, Int32Array.of(0), 1).count).toBe(records);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('finds the same records whatever the chunk size', async () => {
    await fc.assert(
      fc.asyncProperty(dirtyText, fc.integer({ min: 130, max: 400 }), async (text, chunk_bytes) => {
        const sum = (chunks: CutChunk[]) => chunks.reduce((records, chunk) => records + chunk.records, 0);
        expect(sum(await cutAll(text, { chunk_bytes }))).toBe(sum(await cutAll(text)));
      }),
    );
  });

  it('cuts a source that still grows only behind whole records', async () => {
    await fc.assert(
      fc.asyncProperty(dirtyText, fc.integer({ min: 1, max: 40 }), async (text, chunk_bytes) => {
        const growing = shapes(await cutAll(text, { sealed: false, chunk_bytes }));
        const later = shapes(await cutAll(`${text}x\n`, { chunk_bytes }));
        // Every chunk but the last is final; the last may take in more once more has come.
        expect(growing.slice(0, -1)).toEqual(later.slice(0, Math.max(0, growing.length - 1)));
        const end = growing.at(-1)?.[1] ?? 0;
        expect(end === 0 || text[end - 1] === '\n').toBe(true);
      }),
    );
  });

  it('counts no comment, no blank line, and the last record without newline', async () => {
    const [chunk] = await cutAll('1,2\r\n#c\n\n \t\r\n"3\n",4\n5,"6');
    expect(chunk).toMatchObject({ byte_start: 0, records: 3, flags: 0 });
    expect(chunk.byte_end).toBe(chunk.raw.length);
  });

  it('makes one reject of a record over the limit, wherever it ends, and goes on behind it', async () => {
    const long = `"${'x'.repeat(700_000)}`;
    const text = `1,2\n${long}\n5,6\n`;
    const chunks = await cutAll(text, { chunk_bytes: 1000 });
    expect(shapes(chunks)).toEqual([
      [0, 4, 1, 0],
      [4, 4 + long.length + 1, 1, CHUNK_FLAG.record_too_long],
      [4 + long.length + 1, text.length, 1, 0],
    ]);
    expect(chunks[1].raw.length).toBe(1000);
  });

  it('ends a record whose quote never closes with its line, and goes on behind it', async () => {
    const open = '3,"4\n';
    const rows = '5,6\n'.repeat(1000);
    const shapesOf = async (text: string) => shapes(await cutAll(text, { chunk_bytes: 1000 }));
    expect((await shapesOf(`1,2\n${open}5,6\n`)).map(([, , records]) => records)).toEqual([3]);
    expect((await shapesOf(`1,2\n${open}${rows}`)).map(([, , records]) => records)).toEqual([1, 249, 250, 250, 250, 2]);
    // As long as the quote may still close, nothing is cut.
    expect(shapes(await cutAll(`1,2\n${open}5,6\n`, { sealed: false }))).toEqual([[0, 4, 1, 0]]);
  });

  it('skips a comment and a blank line over the limit without a reject', async () => {
    const text = `#${'x'.repeat(5000)}\n${' '.repeat(5000)}\n${' '.repeat(5000)}x\n1\n`;
    const chunks = await cutAll(text, { chunk_bytes: 1000 });
    expect(chunks.map(({ records, flags }) => [records, flags])).toEqual([
      [0, 0],
      [0, 0],
      [1, CHUNK_FLAG.record_too_long],
      [1, 0],
    ]);
  });

  it('takes a record of exactly the limit, with newline or at the end', async () => {
    expect(shapes(await cutAll(`${'x'.repeat(9)}\n`, { chunk_bytes: 10 }))).toEqual([[0, 10, 1, 0]]);
    expect(shapes(await cutAll('x'.repeat(10), { chunk_bytes: 10 }))).toEqual([[0, 10, 1, 0]]);
    expect((await cutAll('x'.repeat(11), { chunk_bytes: 10 }))[0].flags).toBe(CHUNK_FLAG.record_too_long);
  });

  it('says that a source shrank', async () => {
    await expect(nextChunk(readerOf('1,2\n'), 0, 10)).rejects.toSatisfy(
      (error) => error instanceof MillraceError && error.code === 'SOURCE_CHANGED',
    );
  });
});
