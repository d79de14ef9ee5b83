import { createRequire } from 'node:module';
import { crc32c } from '@node-rs/crc32';
import { PieceEncoder } from './wire/encoder.js';
import { encodeRecordBatch, type RecordBatchFields } from './wire/record-batch.js';

const require = createRequire(import.meta.url);

/** Puts a part of ours in the place of one of kafkajs', before anything that uses it is loaded. */
function replace<T>(path: string, part: (original: T) => unknown): void {
  const place = require.resolve(path);
  const original = require(place) as T;
  (require.cache[place] as NodeJS.Module).exports = part(original);
}

/**
 * The client, with the parts replaced that every message's bytes go through (docs/adr/0005-kafka-client.md): the checksum, which
 * kafkajs computes byte by byte in JavaScript; the encoder, which copies each value nine times; and the record batch made of both.
 */
replace('kafkajs/src/protocol/recordBatch/crc32C', () => (bytes: Buffer) => crc32c(bytes));
replace('kafkajs/src/protocol/encoder', () => PieceEncoder);
replace(
  'kafkajs/src/protocol/recordBatch/v0',
  (original: { RecordBatch(fields: RecordBatchFields): Promise<PieceEncoder>; MAGIC_BYTE: number }) => ({
    ...original,
    RecordBatch: async (fields: RecordBatchFields) => encodeRecordBatch(fields) ?? original.RecordBatch(fields),
  }),
);

export default require('kafkajs') as typeof import('kafkajs');
