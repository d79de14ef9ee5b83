import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import './kafkajs.js';

it("the client's checksum is CRC-32C (RFC 3720, B.4)", () => {
  const require = createRequire(import.meta.url);
  const checksum = require('kafkajs/src/protocol/recordBatch/crc32C');
  expect(checksum(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(checksum(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  // Something else than the client's own: it is bound to the module that encodes batches.
  expect(checksum.toString()).not.toContain('unsigned');
});
