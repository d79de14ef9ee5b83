import { describe, expect, it } from 'vitest';
import { BATCH_LIMIT_BYTES, type Codec } from './compression.js';
import { toMillraceError } from './failure.js';
import kafkajs from './kafkajs.js';

const { GZIP, Snappy, LZ4, ZSTD } = kafkajs.CompressionTypes;
const codecs = kafkajs.CompressionCodecs as Record<number, () => Codec>;
const codecOf = (type: number) => codecs[type]();

describe('compressed batches of other producers', { timeout: 30_000 }, () => {
  it.each([
    ['gzip', GZIP],
    ['snappy', Snappy],
    ['lz4', LZ4],
    ['zstd', ZSTD],
  ])('are read: %s', async (_name, type) => {
    const bytes = Buffer.from('a,b,c\n'.repeat(20_000));
    const compressed: Buffer = await codecOf(type).compress({ buffer: bytes });
    expect(compressed.length).toBeLessThan(bytes.length);
    expect(bytes.equals(await codecOf(type).decompress(compressed))).toBe(true);
  });

  it('are read as xerial frames them: snappy', async () => {
    const parts = ['first,', 'second'].map((text) => Buffer.from(text));
    const framed: Buffer[] = [Buffer.from('\x82SNAPPY\0', 'latin1'), Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])];
    for (const part of parts) {
      const compressed: Buffer = await codecOf(Snappy).compress({ buffer: part });
      const size = Buffer.alloc(4);
      size.writeUInt32BE(compressed.length);
      framed.push(size, compressed);
    }
    expect(String(await codecOf(Snappy).decompress(Buffer.concat(framed)))).toBe('first,second');
  });

  it('end the consumer when they are broken or too large, and say what to do', async () => {
    const bomb: Buffer = await codecOf(ZSTD).compress({ buffer: Buffer.alloc(BATCH_LIMIT_BYTES + 1) });
    for (const [type, bytes] of [
      [ZSTD, bomb],
      [GZIP, Buffer.from('no gzip')],
      [LZ4, Buffer.from('no lz4')],
    ] as const) {
      const failure = await codecOf(type)
        .decompress(bytes)
        .then(
          () => new Error('it was read'),
          (error: Error) => error,
        );
      expect(failure).toMatchObject({ code: 'FORMAT_UNSUPPORTED', retriable: false });
      expect(failure.message).toContain('its producer must');
      // As kafkajs hands it on.
      const wrapped = new Error('consuming failed', { cause: failure });
      expect(toMillraceError(wrapped, 'consuming')).toBe(failure);
    }
  });
});
