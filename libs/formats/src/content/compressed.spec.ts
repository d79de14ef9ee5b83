import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { LIMITS, MillraceError } from '@millrace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BytesFile, contentOf, optionsFor, PATH, textOf } from '../testing/bytes-file.js';
import { openContent } from './content.js';

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
const checksummed = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const pack = {
  gzip: (bytes: Uint8Array | string) => gzipSync(bytes, { level: 1 }),
  zstd: (bytes: Uint8Array | string) => zstdCompressSync(Buffer.from(bytes), checksummed),
};
const KINDS = ['gzip', 'zstd'] as const;
const packed = { gzip: pack.gzip(CONTENT), zstd: pack.zstd(CONTENT) };

async function failureOf(bytes: Uint8Array, compression: (typeof KINDS)[number]): Promise<MillraceError> {
  const error = await contentOf(bytes, { compression })
    .size()
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(MillraceError);
  expect(error.message).toContain(PATH);
  expect(error.place).toEqual({ file: PATH });
  return error;
}

/** A file whose reads are counted. */
function counting(bytes: Uint8Array, compression: (typeof KINDS)[number]) {
  const file = new BytesFile(bytes);
  return { file, content: openContent(file, optionsFor(bytes, { compression })) };
}

describe.each(KINDS)('the content of a %s file', (compression) => {
  it('is that of the uncompressed file, for any ranges in any order', async () => {
    const range = fc.tuple(fc.nat(CONTENT.length + 1000), fc.nat(LIMITS.chunk_bytes));
    const content = contentOf(packed[compression], { compression });
    await fc.assert(
      fc.asyncProperty(range, async ([start, size]) => {
        const target = Buffer.alloc(size);
        const filled = await content.readInto(target, start);
        expect(target.subarray(0, filled).equals(CONTENT.subarray(start, start + size))).toBe(true);
      }),
      { numRuns: 15 },
    );
    await content.close();
  });

  it('is read on forward, and back by a record, without beginning anew', async () => {
    const { file, content } = counting(packed[compression], compression);
    const window = Buffer.alloc(LIMITS.chunk_bytes);
    for (let at = 0; at < CONTENT.length; at += window.length / 2) {
      const filled = await content.readInto(window, at);
      expect(window.subarray(0, filled).equals(CONTENT.subarray(at, at + window.length))).toBe(true);
    }
    expect(file.read_bytes).toBe(packed[compression].length);
    await content.readInto(window, 0);
    expect(file.read_bytes).toBeGreaterThan(packed[compression].length);
    await content.close();
  });

  it('has a size that one reading tells', async () => {
    const { file, content } = counting(packed[compression], compression);
    expect(await content.size()).toBe(CONTENT.length);
    expect(await content.size()).toBe(CONTENT.length);
    expect(file.read_bytes).toBe(packed[compression].length);
    expect(await content.readInto(Buffer.alloc(10), CONTENT.length - 3)).toBe(3);
    await content.close();
  });

  it('goes on through several members, wherever they meet', async () => {
    for (const size of [1, 7, 65_500, 65_536, 65_560]) {
      const members = [CONTENT.subarray(0, size), '', CONTENT.subarray(size, 3000 + size)].map(pack[compression]);
      const text = await textOf(Buffer.concat(members), { compression });
      expect(text.equals(CONTENT.subarray(0, 3000 + size))).toBe(true);
    }
  });

  it('ends where the file did when it was listed', async () => {
    const first = pack[compression]('1,a\n');
    const bytes = Buffer.concat([first, pack[compression]('2,b\n').subarray(0, 12)]);
    expect((await textOf(bytes, { compression, size_bytes: first.length })).toString()).toBe('1,a\n');
  });

  it('fails again when it is read again', async () => {
    const content = contentOf(pack[compression](CONTENT.subarray(0, 300_000)).subarray(0, -3), { compression });
    for (let attempt = 0; attempt < 2; attempt++) await expect(content.size()).rejects.toThrow(/cut off/);
  });

  it('passes on what goes wrong with the disk', async () => {
    const raw = { read: () => Promise.reject(new Error('the disk is gone')) };
    const content = openContent(raw, optionsFor(Buffer.alloc(100), { compression }));
    await expect(content.size()).rejects.toThrow('the disk is gone');
  });

  it('is refused when it expands beyond measure', async () => {
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024), { level: 9 });
    const zstdBomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024));
    const error = await failureOf(compression === 'gzip' ? bomb : zstdBomb, compression);
    expect(error.code).toBe('SOURCE_REFUSED');
    expect(error.message).toMatch(/expands to over 1000 times its size at byte \d+/);
    const dense = pack[compression]('id,name\n'.repeat(100_000));
    expect((await textOf(dense, { compression })).length).toBe(800_000);
  });

  it('is refused when many members expand beyond measure together, before most of it was read', async () => {
    const member = pack[compression](Buffer.alloc(1024 * 1024));
    const bytes = Buffer.concat(Array.from({ length: 1000 }, () => member));
    const file = new BytesFile(bytes);
    const expansion = { ratio: 100, free_bytes: 4 * 1024 * 1024, size_bytes: 2 ** 40 };
    const content = openContent(file, optionsFor(bytes, { compression, expansion }));
    await expect(content.size()).rejects.toThrow(/expands to over 100 times .* bring it unpacked/);
    expect(file.read_bytes).toBeLessThan(256 * 1024);
  });

  it('is refused when it has more text than any file may have', async () => {
    const expansion = { ratio: 1000, free_bytes: 0, size_bytes: 1_000_000 };
    const content = contentOf(packed[compression], { compression, expansion });
    await expect(content.size()).rejects.toMatchObject({ code: 'SOURCE_REFUSED' });
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
    const error = await failureOf(bytes, 'gzip');
    expect(error.code).toBe('SOURCE_UNREADABLE');
    expect(error.message).toMatch(message);
  });

  it('may be padded with zeros', async () => {
    for (const padding of [1, 100, 200_000]) {
      const bytes = Buffer.concat([gzipSync('1,a\n'), Buffer.alloc(padding)]);
      expect((await textOf(bytes, { compression: 'gzip' })).toString()).toBe('1,a\n');
    }
  });
});

describe('zstd', () => {
  const sound = pack.zstd(CONTENT.subarray(0, 300_000));
  const skippable = (size: number) => {
    const frame = Buffer.alloc(8 + size, 0x28);
    frame.writeUInt32LE(0x184d2a53, 0);
    frame.writeUInt32LE(size, 4);
    return frame;
  };

  it.each<[string, Buffer, RegExp]>([
    ['is empty', Buffer.alloc(0), /cut off.* at byte 0$/],
    ['is plain text', Buffer.from('id,name\n1,2\n'), /is no zstd: no frame begins at byte 0$/],
    ['is cut off', sound.subarray(0, 200_000), /cut off.* at byte 200000$/],
    ['is cut off in its checksum', sound.subarray(0, -3), /cut off/],
    ['is cut off in a later frame', Buffer.concat([sound, sound.subarray(0, 3)]), /cut off/],
    ['goes on with text', Buffer.concat([sound, Buffer.from('garbage')]), /goes on at byte \d+ with no zstd/],
    ['goes on with zeros', Buffer.concat([sound, Buffer.alloc(10)]), /goes on at byte \d+ with no zstd/],
  ])('is told where it %s', async (_name, bytes, message) => {
    const error = await failureOf(bytes, 'zstd');
    expect(error.code).toBe('SOURCE_UNREADABLE');
    expect(error.message).toMatch(message);
  });

  it('is told where its checksum is another', async () => {
    const bytes = Buffer.from(sound);
    bytes[bytes.length - 1] ^= 1;
    expect((await failureOf(bytes, 'zstd')).message).toMatch(/is no sound zstd between bytes \d+ and \d+/);
  });

  it('may have frames to be skipped, of any size, before, between and behind', async () => {
    for (const size of [0, 5, 70_000]) {
      const bytes = Buffer.concat([skippable(size), sound, skippable(size), pack.zstd('end'), skippable(size)]);
      const text = await textOf(bytes, { compression: 'zstd' });
      expect(text.equals(Buffer.concat([CONTENT.subarray(0, 300_000), Buffer.from('end')]))).toBe(true);
    }
  });

  it('is refused before anything is reserved when a frame asks for a window beyond the bound, wherever it stands', async () => {
    // Magic number, descriptor, window or size of the content, and a last block without bytes.
    const frame = (descriptor: number, ...header: number[]) =>
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, descriptor, ...header, 1, 0, 0]);
    const mantissa = 1;
    const asking = [
      frame(0, (18 << 3) | 0),
      frame(0, (17 << 3) | mantissa),
      frame(0, 0xff),
      frame(0xa0, 1, 0, 0, 8),
      frame(0xe0, 0, 0, 0, 0, 1, 0, 0, 0),
      frame(0xe3, 9, 9, 9, 9, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    ];
    for (const bytes of asking) {
      for (const file of [bytes, Buffer.concat([pack.zstd('1,a\n'), bytes])]) {
        const error = await failureOf(file, 'zstd');
        expect(error.code).toBe('SOURCE_REFUSED');
        expect(error.message).toMatch(
          /asks for a window of \d+ MiB, and 128 MiB is the most: compress it without --long/,
        );
      }
    }
    expect((await textOf(frame(0, 17 << 3), { compression: 'zstd' })).length).toBe(0);
    const long = { params: { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_enableLongDistanceMatching]: 1 } };
    const text = await textOf(zstdCompressSync(CONTENT, long), { compression: 'zstd' });
    expect(text.equals(CONTENT)).toBe(true);
  });

  it('neither crashes nor hangs on damaged files, and gives nothing but what was packed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(sound.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = Buffer.from(sound);
        bytes[at] ^= flip;
        const text = await textOf(bytes, { compression: 'zstd' }).catch((error) => error);
        if (Buffer.isBuffer(text)) expect(text.equals(CONTENT.subarray(0, 300_000))).toBe(true);
        else expect(text).toBeInstanceOf(MillraceError);
      }),
      { numRuns: 60 },
    );
  });
});
