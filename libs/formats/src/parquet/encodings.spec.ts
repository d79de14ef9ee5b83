import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import type { CompressionCodec, SchemaElement } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { groupTexts, parquetFile, valueTexts } from '../testing/parquet-file.js';
import { ByteCursor } from './byte-cursor.js';
import { decodeRuns } from './decode-runs.js';

const numbers = Array.from({ length: 3000 }, (_, index) => (index * 7919) % 1000);

describe('pages of Parquet', () => {
  const compressors = {
    GZIP: (bytes: Uint8Array) => gzipSync(bytes),
    ZSTD: (bytes: Uint8Array) => zstdCompressSync(bytes),
    BROTLI: (bytes: Uint8Array) => brotliCompressSync(bytes),
    // All of it literal: what a block may be as well.
    LZ4_RAW: (bytes: Uint8Array) => {
      const more = bytes.length - 15;
      if (more < 0) return Buffer.concat([Buffer.of(bytes.length << 4), bytes]);
      return Buffer.concat([Buffer.of(0xf0), Buffer.alloc(Math.floor(more / 255), 255), Buffer.of(more % 255), bytes]);
    },
  };

  it.each<CompressionCodec>(['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'ZSTD', 'BROTLI', 'LZ4_RAW'])(
    'may be %s',
    async (codec) => {
      const texts = numbers.map((number) => `text ${number}`);
      const file = parquetFile(
        [
          { name: 'n', data: numbers },
          { name: 't', data: texts },
        ],
        { codec, compressors, pageSize: 2000 },
      );
      const [text] = await groupTexts(file);
      expect(text).toBe(['n,t', ...numbers.map((number, row) => `${number},${texts[row]}`), ''].join('\n'));
    },
  );

  it.each<[string, Partial<SchemaElement>, unknown[]]>([
    ['DELTA_BINARY_PACKED', { type: 'INT32' }, [1, -2147483648, 2147483647, 0, 5, 5, 5, ...numbers]],
    [
      'DELTA_BINARY_PACKED',
      { type: 'INT64' },
      [1n, -9223372036854775808n, 9223372036854775807n, ...numbers.map(BigInt)],
    ],
    ['DELTA_LENGTH_BYTE_ARRAY', { type: 'BYTE_ARRAY', converted_type: 'UTF8' }, ['a', 'bcd', ...numbers.map(String)]],
    [
      'DELTA_BYTE_ARRAY',
      { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
      ['abc', 'abd', 'ab', ...numbers.map((n) => `row ${n}`)],
    ],
    ['BYTE_STREAM_SPLIT', { type: 'DOUBLE' }, [0.1, -5, ...numbers]],
    ['BYTE_STREAM_SPLIT', { type: 'FLOAT' }, [0.5, -5, ...numbers]],
    ['BYTE_STREAM_SPLIT', { type: 'INT32' }, [1, -5, ...numbers]],
    ['RLE_DICTIONARY', { type: 'INT32' }, numbers],
    ['RLE', { type: 'BOOLEAN' }, numbers.map((number) => number > 500)],
    ['PLAIN', { type: 'BOOLEAN' }, numbers.map((number) => number > 500)],
  ])('may be %s %#', async (encoding, element, data) => {
    for (const repetition_type of ['REQUIRED', 'OPTIONAL'] as const) {
      const values = repetition_type === 'REQUIRED' ? data : data.map((value, row) => (row % 3 === 0 ? null : value));
      const schema: SchemaElement[] = [
        { name: 'root', num_children: 1 },
        { name: 'v', repetition_type, ...element },
      ];
      const texts = await valueTexts(
        { name: 'v', data: values, encoding: encoding as 'RLE' },
        { schema, pageSize: 1500 },
      );
      expect(texts).toEqual(values.map((value) => (value === null ? '""' : String(value))));
    }
  });
});

describe('decodeRuns', () => {
  it('never writes more than it was asked for, nor reads past the end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(33), fc.nat(100), (bytes, width, count) => {
        const into = new Uint32Array(count);
        try {
          decodeRuns(new ByteCursor(bytes), width, into);
        } catch (error) {
          expect((error as Error).name).toBe('ParquetFault');
        }
        if (width < 32) expect(into.every((value) => value < 2 ** Math.max(8 * Math.ceil(width / 8), 1))).toBe(true);
      }),
    );
  });
});
