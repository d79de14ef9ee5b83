import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReadAhead } from './read-ahead.js';
import { type Compression, SourceFile } from './source-file.js';

const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, at) => (at * 7 + (at >> 8)) & 255));
let directory: string;
let path: string;
let file: SourceFile | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-ahead-'));
  path = join(directory, 'a.csv');
});
afterEach(async () => {
  await file?.close();
  file = undefined;
  rmSync(directory, { recursive: true, force: true });
});

async function opened(compression: Compression = null): Promise<SourceFile> {
  writeFileSync(path, compression ? gzipSync(BYTES) : BYTES);
  file = await SourceFile.open(path, compression);
  return file;
}

describe.each([
  ['a plain file', null],
  ['a compressed file', 'gzip'],
] as const)('ReadAhead of %s', (_name, compression) => {
  it('lends the bytes of any range, forwards and backwards, larger than its buffer or not', async () => {
    const source = await opened(compression);
    const ranges = fc.array(fc.tuple(fc.nat(999), fc.integer({ min: 1, max: 150 })), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(ranges, fc.boolean(), async (wanted, isRising) => {
        const { lend } = new ReadAhead(100).readerOf(source, BYTES.length);
        const ordered = isRising ? wanted.toSorted(([a], [b]) => a - b) : wanted;
        for (const [position, size] of ordered) {
          const end = Math.min(position + size, BYTES.length);
          expect((await lend?.(position, end - position))?.equals(BYTES.subarray(position, end))).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('says that a source ends before what is asked for', async () => {
    const { lend } = new ReadAhead(100).readerOf(await opened(compression), BYTES.length);
    await expect(lend?.(990, 20)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    await expect(lend?.(0, 1001)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });
});

describe('ReadAhead', () => {
  it('reads no further than it may, and nothing that it has twice', async () => {
    const source = await opened();
    const asked: [number, number][] = [];
    const { readInto } = source;
    source.readInto = (target, start) => {
      asked.push([start, target.length]);
      return readInto.call(source, target, start);
    };
    const { lend } = new ReadAhead(100).readerOf(source, 150);
    for (const position of [0, 40, 80, 120]) await lend?.(position, 30);
    expect(asked).toEqual([
      [0, 100],
      [100, 50],
    ]);
  });

  it('takes nothing of a source for the one that is read behind it', async () => {
    const source = await opened();
    const ahead = new ReadAhead(100);
    await ahead.readerOf(source, BYTES.length).lend?.(0, 10);
    truncateSync(path, 0);
    await expect(ahead.readerOf(source, BYTES.length).lend?.(0, 10)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });

  it('goes on once it has given its buffer back', async () => {
    const ahead = new ReadAhead(100);
    const { lend } = ahead.readerOf(await opened(), BYTES.length);
    await lend?.(0, 10);
    ahead.release();
    expect((await lend?.(5, 10))?.equals(BYTES.subarray(5, 15))).toBe(true);
  });
});
