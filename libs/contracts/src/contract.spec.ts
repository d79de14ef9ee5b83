import { describe, expect, it } from 'vitest';
import {
  type Chunk,
  CONTRACT,
  contractOf,
  decodeChunk,
  ENVELOPE_BYTES,
  encodeChunk,
  encodeManifest,
  encodeSetAside,
  MillraceError,
} from './index.js';
import { STRANGER } from './testing/set-aside.js';

const VERSION_AT = 5;
const chunk: Chunk = {
  ...{ source: 7, chunk: 3, plan: '0123456789abcdef', flags: 0, records: 1, first_record: 1 },
  ...{ byte_start: 0, byte_end: 4, header: Buffer.from('a,b\n'), raw: Buffer.from('1,2\n') },
};

function refusal(message: Buffer): Pick<MillraceError, 'code' | 'retriable'> | undefined {
  try {
    decodeChunk(message);
  } catch (error) {
    if (error instanceof MillraceError) return { code: error.code, retriable: error.retriable };
  }
  return undefined;
}

describe('the contract', () => {
  it('has a range of versions, of which each is read', () => {
    expect(CONTRACT.oldest).toBeLessThanOrEqual(CONTRACT.newest);
    for (let version: number = CONTRACT.oldest; version <= CONTRACT.newest; version++) {
      const message = encodeChunk(chunk, version);
      expect(message[VERSION_AT]).toBe(version);
      expect(decodeChunk(message)).toMatchObject({ source: 7, chunk: 3, raw: chunk.raw });
      expect(contractOf(message)).toBe(version);
    }
  });

  it('is never a reason to set aside what a later release made: it waits', () => {
    expect(refusal(encodeChunk(chunk, CONTRACT.newest + 1))).toEqual({ code: 'CONTRACT_NEWER', retriable: true });
    expect(refusal(encodeChunk(chunk, 255))).toEqual({ code: 'CONTRACT_NEWER', retriable: true });
  });

  it('refuses what is older than its range, and a damaged byte that only looks like a later version', () => {
    expect(refusal(encodeChunk(chunk, CONTRACT.oldest - 1))).toEqual({ code: 'MESSAGE_VERSION', retriable: false });
    const damaged = encodeChunk(chunk);
    damaged[VERSION_AT] = CONTRACT.newest + 1;
    expect(refusal(damaged)).toEqual({ code: 'MESSAGE_VERSION', retriable: false });
  });

  it('is that of the chunk for all that is made of it, and the oldest for what is made of a stranger', () => {
    const manifest = { source: 1, chunk: 2, plan: chunk.plan, records: 0, skipped: 0, slots: [], rejects: [] };
    const made = [encodeManifest(manifest, 9), encodeSetAside(STRANGER, 9)];
    expect(made.map((message) => message[VERSION_AT])).toEqual([9, 9]);
    for (const stranger of [null, Buffer.alloc(ENVELOPE_BYTES, 7), Buffer.alloc(0), encodeChunk(chunk, 0)]) {
      expect(contractOf(stranger)).toBe(CONTRACT.oldest);
    }
  });
});
