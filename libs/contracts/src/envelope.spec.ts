import { describe, expect, it } from 'vitest';
import {
  type Batch,
  type Chunk,
  decodeBatch,
  decodeChunk,
  decodeRejectsMessage,
  encodeBatch,
  encodeChunk,
  encodeManifest,
  encodeSetAside,
  identityOf,
  MillraceError,
  openBody,
  PLAIN_DIALECT,
  type SourceContext,
} from './index.js';
import { STRANGER } from './testing/set-aside.js';

const chunk: Chunk = {
  source: 7,
  chunk: 3,
  plan: '0123456789abcdef',
  flags: 0,
  records: 2,
  first_record: 2 ** 40 + 1,
  byte_start: 2 ** 41,
  byte_end: 2 ** 41 + 8,
  header: Buffer.from('a,b\r\n'),
  raw: Buffer.from('1,2\n3,4\n'),
};
const batch: Batch = {
  source: 7,
  chunk: 3,
  plan: '0123456789abcdef',
  slot: 13,
  parts: 8,
  rows: 2,
  first_record: 5,
  hashes: new Uint32Array([1, 2, 3, 0xffffffff]),
};

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return error instanceof MillraceError ? error.code : String(error);
  }
  return undefined;
}

describe('messages', () => {
  it('give back a chunk as it was, positions beyond 2^32 included', () => {
    expect(decodeChunk(encodeChunk(chunk))).toEqual({ ...chunk, context: null });
  });

  it('carry the context of a source that has one', () => {
    const context: SourceContext = {
      format: 'csv',
      path: 'web/März.csv',
      dialect: { ...PLAIN_DIALECT, delimiter: ';' },
      names: ['a', 'b'],
      date_formats: { day: 'DD/MM/YYYY' },
    };
    expect(decodeChunk(encodeChunk({ ...chunk, context }))).toEqual({ ...chunk, context });
  });

  it('give back a batch and its body as they were', () => {
    const body = Buffer.from('columns');
    const message = encodeBatch(batch, body);
    expect(decodeBatch(message)).toEqual(batch);
    expect(openBody(message, batch)).toEqual(body);
  });

  it('are the same bytes for the same content', () => {
    expect(encodeChunk(chunk)).toEqual(encodeChunk(chunk));
  });

  it('give back manifests and set-asides', () => {
    const manifest = { source: 1, chunk: 2, plan: chunk.plan, records: 3, skipped: 1, slots: [0, 5], rejects: [] };
    expect(decodeRejectsMessage(encodeManifest(manifest))).toEqual({ kind: 'manifest', manifest });
    expect(decodeRejectsMessage(encodeSetAside(STRANGER))).toEqual({ kind: 'set_aside', setAside: STRANGER });
  });

  it('are refused with the right code when damaged at any single byte', () => {
    const whole = encodeBatch(batch, Buffer.from('columns'));
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] ^= 0x41;
      expect(['MESSAGE_GARBAGE', 'MESSAGE_VERSION', 'MESSAGE_CHECKSUM', 'MESSAGE_CONTRACT']).toContain(
        codeOf(() => openBody(damaged, decodeBatch(damaged))),
      );
    }
  });

  it('are refused when cut off anywhere', () => {
    const whole = encodeChunk(chunk);
    for (let size = 0; size < whole.length; size++) {
      expect(codeOf(() => decodeChunk(whole.subarray(0, size)))).toMatch(/^MESSAGE_/);
    }
  });

  it('are refused on a topic of another kind', () => {
    expect(codeOf(() => decodeChunk(encodeBatch(batch, Buffer.alloc(1))))).toBe('MESSAGE_CONTRACT');
  });

  it('tell of a damaged message which chunk it belonged to, and nothing of a stranger', () => {
    const damaged = encodeChunk(chunk);
    damaged[damaged.length - 1] ^= 1;
    expect(identityOf(damaged)).toEqual({ source: 7, chunk: 3, plan: chunk.plan });
    expect(identityOf(Buffer.from('{"hello":"world"}'))).toBeUndefined();
    expect(identityOf(null)).toBeUndefined();
  });
});
