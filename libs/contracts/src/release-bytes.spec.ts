import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeChunk, encodeChunk } from './chunk.js';
import { releaseBytes } from './release-bytes.js';

describe('releaseBytes', () => {
  it('empties a buffer that has its memory for itself', () => {
    const bytes = Buffer.alloc(100_000, 1);
    releaseBytes(bytes);
    expect(bytes.length).toBe(0);
    expect(() => releaseBytes(bytes)).not.toThrow();
  });

  it('leaves a small one alone, whose memory is that of others as well', () => {
    const [one, other] = [Buffer.from('one'), Buffer.from('other')];
    releaseBytes(one);
    expect([one, other].map(String)).toEqual(['one', 'other']);
  });

  it('empties a chunk in its message, and none that was encoded before or is behind it', () => {
    const place = { source: 1, plan: '00000000000000ff', flags: 0, records: 1, first_record: 1, byte_start: 0 };
    const rest = { ...place, byte_end: 900_000, header: Buffer.from('a\n') };
    // Nothing that compression would make small.
    const raw = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(900_000));
    const messages = [0, 1, 2].map((chunk) => encodeChunk({ ...rest, chunk, raw }));
    releaseBytes(messages[1]);
    expect(messages[1].length).toBe(0);
    expect(decodeChunk(messages[0]).raw.equals(raw)).toBe(true);
    expect(decodeChunk(messages[2]).raw.equals(raw)).toBe(true);
  });
});
