import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { LIMITS, MillraceError } from '@millrace/contracts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GzipReader } from './gzip-reader.js';
import { SourceFile } from './source-file.js';

/** Hardly compressible, so that input and output take many blocks. */
function noise(size: number): Buffer {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let index = 0, seed = 1; index < words.length; index++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    words[index] = seed;
  }
  return Buffer.from(words.buffer).subarray(0, size);
}

const CONTENT = noise(5 * 1024 * 1024 + 123);
let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-gzip-'));
  path = join(directory, 'a.csv.gz');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function reading<T>(bytes: Buffer, read: (file: SourceFile) => Promise<T>, limit_bytes?: number): Promise<T> {
  writeFileSync(path, bytes);
  const file = await SourceFile.open(path, 'gzip', limit_bytes);
  try {
    return await read(file);
  } finally {
    await file.close();
  }
}

const contentOf = (bytes: Buffer, limit?: number) =>
  reading(bytes, async (file) => file.readRange(0, await file.contentSize()), limit);

async function failureOf(bytes: Buffer): Promise<MillraceError> {
  const error = await reading(bytes, (file) => file.contentSize()).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(MillraceError);
  return error;
}

/** Counts the bytes that are read of the compressed file. */
function counting(bytes: Buffer): { reader: GzipReader; count: () => number } {
  let count = 0;
  const read = async (into: Uint8Array, position: number) => {
    const size = bytes.copy(into, 0, position);
    count += size;
    return size;
  };
  return { reader: new GzipReader(path, read, bytes.length), count: () => count };
}

describe('GzipReader', () => {
  it('reads any range in any order as that of the uncompressed file', async () => {
    const range = fc.tuple(fc.nat(CONTENT.length + 1000), fc.nat(LIMITS.chunk_bytes));
    await reading(gzipSync(CONTENT, { level: 1 }), (file) =>
      fc.assert(
        fc.asyncProperty(range, async ([start, size]) => {
          const target = Buffer.alloc(size);
          const filled = await file.readInto(target, start);
          expect(target.subarray(0, filled).equals(CONTENT.subarray(start, start + size))).toBe(true);
        }),
        { numRuns: 30 },
      ),
    );
  });

  it('reads on forward, and back by a record, without beginning anew', async () => {
    const bytes = gzipSync(CONTENT, { level: 1 });
    const { reader, count } = counting(bytes);
    const window = Buffer.alloc(LIMITS.chunk_bytes);
    for (let at = 0; at < CONTENT.length; at += window.length / 2) {
      const filled = await reader.readInto(window, at);
      expect(window.subarray(0, filled).equals(CONTENT.subarray(at, at + window.length))).toBe(true);
    }
    expect(count()).toBe(bytes.length);
    await reader.readInto(window, 0);
    expect(count()).toBeGreaterThan(bytes.length);
    await reader.close();
  });

  it('knows the size after one reading', async () => {
    const bytes = gzipSync(CONTENT);
    const { reader, count } = counting(bytes);
    expect(await reader.contentSize()).toBe(CONTENT.length);
    expect(await reader.contentSize()).toBe(CONTENT.length);
    expect(count()).toBe(bytes.length);
    expect(await reader.readInto(Buffer.alloc(10), CONTENT.length - 3)).toBe(3);
    await reader.close();
  });

  it('reads several members as one file, wherever they meet, and zeros behind them as padding', async () => {
    for (const size of [1, 7, 65_500, 65_536, 65_560]) {
      const members = [
        gzipSync(CONTENT.subarray(0, size), { level: 0 }),
        gzipSync(''),
        gzipSync(CONTENT.subarray(size, 3000 + size)),
      ];
      for (const padding of [0, 100, 200_000]) {
        const content = await contentOf(Buffer.concat([...members, Buffer.alloc(padding)]));
        expect(content.equals(CONTENT.subarray(0, 3000 + size))).toBe(true);
      }
    }
  });

  it('reads only as far as the file was listed', async () => {
    const first = gzipSync('1,a\n');
    const content = await contentOf(Buffer.concat([first, gzipSync('2,b\n').subarray(0, 12)]), first.length);
    expect(content.toString()).toBe('1,a\n');
  });

  it('hashes as the uncompressed file is hashed', async () => {
    const plain = join(directory, 'plain');
    writeFileSync(plain, CONTENT);
    const file = await SourceFile.open(plain);
    const expected = await file.hashRange(1000, CONTENT.length - 7);
    await file.close();
    const found = await reading(gzipSync(CONTENT), (each) => each.hashRange(1000, CONTENT.length - 7));
    expect(found.equals(expected)).toBe(true);
  });
});

describe('what is no gzip file', () => {
  const sound = gzipSync(CONTENT.subarray(0, 300_000));
  const altered = (position: number) => {
    const bytes = Buffer.from(sound);
    bytes[position] ^= 0xff;
    return bytes;
  };

  it.each<[string, Buffer, RegExp]>([
    ['is empty', Buffer.alloc(0), /cut off.* at byte 0$/],
    ['is plain text', Buffer.from('id,name\n1,2\n'), /between bytes 0 and 12: incorrect header check/],
    ['is cut off', sound.subarray(0, 200_000), /cut off.* at byte 200000$/],
    ['is cut off in its checksum', sound.subarray(0, -3), /cut off/],
    [
      'is cut off in a later member',
      Buffer.concat([gzipSync('a'), gzipSync('b').subarray(0, 15)]),
      /cut off.* at byte 36$/,
    ],
    ['has another checksum', altered(sound.length - 6), /between bytes \d+ and \d+: incorrect data check/],
    ['has another length', altered(sound.length - 2), /between bytes \d+ and \d+: incorrect length check/],
    ['goes on with text', Buffer.concat([gzipSync('a'), Buffer.from('garbage')]), /between bytes|goes on at byte 21/],
    ['goes on behind zeros', Buffer.concat([gzipSync('a'), Buffer.alloc(70_000), gzipSync('b')]), /byte 70021/],
  ])('is told where it %s', async (_name, bytes, message) => {
    const error = await failureOf(bytes);
    expect(error.code).toBe('SOURCE_UNREADABLE');
    expect(error.message).toMatch(message);
    expect(error.message).toContain(path);
  });

  it('fails again when it is read again', async () => {
    await reading(sound.subarray(0, -3), async (file) => {
      for (let attempt = 0; attempt < 2; attempt++) await expect(file.contentSize()).rejects.toThrow(/cut off/);
    });
  });

  it('is refused when it expands beyond measure', async () => {
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024), { level: 9 });
    expect((await failureOf(bomb)).code).toBe('SOURCE_REFUSED');
    const dense = gzipSync('id,name\n'.repeat(100_000));
    expect((await contentOf(dense)).length).toBe(800_000);
  });

  it('tells that it vanished or cannot be read as any other file does', async () => {
    await expect(SourceFile.open(path, 'gzip')).rejects.toMatchObject({ code: 'SOURCE_VANISHED' });
  });
});
