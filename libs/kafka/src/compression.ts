import { promisify } from 'node:util';
import { gzip, unzip, zstdCompress, zstdDecompress } from 'node:zlib';
import { MillraceError } from '@millrace/contracts';
import kafkajs from './kafkajs.js';

/** Of one batch of messages, decompressed: what a producer may send is bounded only as it is compressed. */
export const BATCH_LIMIT_BYTES = 128 * 1024 * 1024;

export interface Codec {
  /** What kafkajs gives: something with its bytes in `buffer`. */
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

const bound = { maxOutputLength: BATCH_LIMIT_BYTES };
const { GZIP, Snappy, LZ4, ZSTD } = kafkajs.CompressionTypes;

/** The other client brings these two as WebAssembly; loaded with the first batch that needs them. */
function borrowed(name: 'snappy' | 'lz4'): Codec {
  const codec = async () => (await import('@platformatic/kafka')).compressionsAlgorithms[name];
  return {
    compress: async ({ buffer }) => (await codec()).compressSync(buffer),
    decompress: async (bytes) => {
      const whole = (await codec()).decompressSync(bytes);
      if (whole.length > BATCH_LIMIT_BYTES) throw new RangeError(`it holds ${whole.length} bytes`);
      return whole;
    },
  };
}

const codecs: [type: number, name: string, codec: Codec][] = [
  [
    GZIP,
    'gzip',
    { compress: ({ buffer }) => promisify(gzip)(buffer), decompress: (bytes) => promisify(unzip)(bytes, bound) },
  ],
  [
    ZSTD,
    'zstd',
    {
      compress: ({ buffer }) => promisify(zstdCompress)(buffer),
      decompress: (bytes) => promisify(zstdDecompress)(bytes, bound),
    },
  ],
  [Snappy, 'snappy', borrowed('snappy')],
  [LZ4, 'lz4', borrowed('lz4')],
];

/**
 * Producers that are not ours may compress what they send, by any of Kafka's codecs; kafkajs itself knows gzip only. What
 * cannot be decompressed ends the consumer: a batch that was passed over would be lost.
 */
for (const [type, name, codec] of codecs) {
  const loud = {
    ...codec,
    decompress: (bytes: Buffer) => codec.decompress(bytes).catch((cause) => refuse(name, cause)),
  };
  (kafkajs.CompressionCodecs as Record<number, () => Codec>)[type] = () => loud;
}

function refuse(name: string, cause: unknown): never {
  const advice =
    'its producer must send smaller batches or another compression, and the batch be deleted (DeleteRecords)';
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new MillraceError('FORMAT_UNSUPPORTED', `a ${name} batch cannot be decompressed (${reason}): ${advice}`, {
    cause,
  });
}
