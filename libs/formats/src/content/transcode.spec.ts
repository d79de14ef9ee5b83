import { gzipSync } from 'node:zlib';
import type { Encoding } from '@millrace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOf } from '../testing/bytes-file.js';
import { transcoded } from './transcode.js';

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function inPieces(bytes: Buffer, encoding: Encoding, size: number): Promise<Buffer> {
  const blocks: Buffer[] = [];
  for await (const block of transcoded(pieces(bytes, size), encoding)) blocks.push(block);
  return Buffer.concat(blocks);
}

const bigEndian = (text: string) => Buffer.from(text, 'utf16le').swap16();

describe('text of other encodings', () => {
  const text = 'Ä,€\n"日本",😀\n';

  it.each<[Encoding, Buffer, string]>([
    ['utf-16le', Buffer.from(`\ufeff${text}`, 'utf16le'), text],
    ['utf-16le', Buffer.from(text, 'utf16le'), text],
    ['utf-16be', bigEndian(`\ufeff${text}`), text],
    ['utf-16be', bigEndian(text), text],
    ['iso-8859-1', Buffer.from('a\x80\x93\xe4\xff\n', 'latin1'), 'a\x80\x93äÿ\n'],
    ['windows-1252', Buffer.from('a\x80\x93\xe4\x81\x9f\n', 'latin1'), 'a€“ä\x81Ÿ\n'],
    ['utf-8', Buffer.from('\ufeffa\n'), '\ufeffa\n'],
  ])('becomes UTF-8: %s %#', async (encoding, bytes, expected) => {
    expect((await textOf(bytes, { encoding })).toString()).toBe(expected);
    expect((await textOf(gzipSync(bytes), { encoding, compression: 'gzip' })).toString()).toBe(expected);
  });

  it.each<[string, number[], string]>([
    ['a first half without a second', [0x61, 0, 0x3d, 0xd8, 0x62, 0], 'a\ufffdb'],
    ['a second half without a first', [0, 0xde, 0x62, 0], '\ufffdb'],
    ['a first half at the end', [0x61, 0, 0x3d, 0xd8], 'a\ufffd'],
    ['an odd byte at the end', [0x61, 0, 0x62], 'a\ufffd'],
    ['both', [0x3d, 0xd8, 0x62], '\ufffd\ufffd'],
    ['a mark that is no first character', [0x61, 0, 0xff, 0xfe], 'a\ufeff'],
  ])('has a replacement for %s', async (_name, bytes, expected) => {
    expect((await textOf(Buffer.from(bytes), { encoding: 'utf-16le' })).toString()).toBe(expected);
  });

  it('is the same in pieces of any size', async () => {
    const encoding = fc.constantFrom<Encoding>('utf-16le', 'utf-16be', 'iso-8859-1', 'windows-1252');
    const units = fc.array(fc.oneof(fc.constantFrom(0xd83d, 0xde00, 0xfeff, 0x61, 0x0a), fc.nat(0xffff)));
    await fc.assert(
      fc.asyncProperty(
        units,
        fc.boolean(),
        encoding,
        fc.integer({ min: 1, max: 9 }),
        async (codes, odd, name, size) => {
          const bytes = Buffer.from(Uint16Array.from(codes).buffer).subarray(0, 2 * codes.length - (odd ? 1 : 0));
          expect(await inPieces(Buffer.from(bytes), name, size)).toEqual(
            await inPieces(Buffer.from(bytes), name, 1 << 20),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('agrees with the decoder of the platform on sound text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (content) => {
        const plain = content.replace(/^\ufeff/, '');
        expect((await textOf(Buffer.from(plain, 'utf16le'), { encoding: 'utf-16le' })).toString()).toBe(plain);
        expect((await textOf(bigEndian(plain), { encoding: 'utf-16be' })).toString()).toBe(plain);
      }),
      { numRuns: 100 },
    );
  });
});
