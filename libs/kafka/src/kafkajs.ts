import { createRequire } from 'node:module';
import { crc32c } from '@node-rs/crc32';

const require = createRequire(import.meta.url);

/**
 * The client, with a checksum that is ten times as fast: kafkajs computes CRC-32C byte by byte in JavaScript, which was among the
 * largest costs of every service that publishes. Put in its place before anything of kafkajs is loaded.
 */
const checksum = require.resolve('kafkajs/src/protocol/recordBatch/crc32C');
require(checksum);
(require.cache[checksum] as NodeJS.Module).exports = (bytes: Buffer) => crc32c(bytes);

export default require('kafkajs') as typeof import('kafkajs');
