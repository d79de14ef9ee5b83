import { hash } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { MillraceError } from '@millrace/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RecordedContent, verifyContent, verifyEnd } from './verify-content.js';

const HEADER = 'id,name\n';
/** Chunks of 1 KiB, one of 2 MiB, and small ones again. */
const SIZES = [1024, 1024, 2 * 1024 * 1024, 1024, 70_000, 1024];
const CONTENT = Buffer.from(HEADER + '0123456\n'.repeat(SIZES.reduce((sum, size) => sum + size, 0) / 8));

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-verify-'));
  path = join(directory, 'a.csv');
  writeFileSync(path, CONTENT);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function recorded(sizes = SIZES): RecordedContent {
  let byte_start = HEADER.length;
  const chunks = sizes.map((size) => {
    const byte_end = byte_start + size;
    const chunk = {
      byte_start,
      byte_end,
      content_hash: hash('sha256', CONTENT.subarray(byte_start, byte_end), 'buffer'),
    };
    byte_start = byte_end;
    return chunk;
  });
  return { header: Buffer.from(HEADER), header_end: HEADER.length, chunks };
}

/** The index of the recorded piece that an altered byte lies in, of those pieces in which `verify` misses it. */
async function missed(verify: typeof verifyContent, sizes = SIZES): Promise<number[]> {
  const content = recorded(sizes);
  const found: number[] = [];
  for (const [index, { byte_start }] of content.chunks.entries()) {
    const altered = Buffer.from(CONTENT);
    altered[byte_start] ^= 1;
    writeFileSync(path, altered);
    if (await verify(path, content, null)) found.push(index);
  }
  return found;
}

describe('verifyContent', () => {
  it('holds of a file that begins with what was recorded, also when ranges were merged', async () => {
    expect(await verifyContent(path, recorded(), null)).toBe(true);
    expect(await verifyContent(path, recorded([SIZES[0] + SIZES[1] + SIZES[2], ...SIZES.slice(3)]), null)).toBe(true);
    writeFileSync(path, Buffer.concat([CONTENT, Buffer.from('more')]));
    expect(await verifyContent(path, recorded(), null)).toBe(true);
  });

  it('finds every altered byte, another header, and a file that ends early', async () => {
    expect(await missed(verifyContent)).toEqual([]);
    writeFileSync(path, CONTENT.toString().replace('name', 'NAME'));
    expect(await verifyContent(path, recorded(), null)).toBe(false);
    writeFileSync(path, CONTENT);
    truncateSync(path, CONTENT.length - 1);
    expect(await verifyContent(path, recorded(), null)).toBe(false);
    truncateSync(path, 3);
    expect(await verifyContent(path, recorded(), null)).toBe(false);
  });

  it('goes by the uncompressed bytes of gzip', async () => {
    writeFileSync(path, gzipSync(CONTENT, { level: 1 }));
    expect(await verifyContent(path, recorded(), 'gzip')).toBe(true);
    writeFileSync(path, gzipSync(CONTENT.subarray(0, -1)));
    expect(await verifyContent(path, recorded(), 'gzip')).toBe(false);
  });

  it('says that a file cannot be read', async () => {
    const withCode = (code: string) => (error: unknown) => error instanceof MillraceError && error.code === code;
    await expect(verifyContent(join(directory, 'b.csv'), recorded(), null)).rejects.toSatisfy(
      withCode('SOURCE_VANISHED'),
    );
    await expect(verifyContent(path, recorded(), 'gzip')).rejects.toSatisfy(withCode('SOURCE_UNREADABLE'));
  });
});

describe('verifyEnd', () => {
  it('reads the header and the last 64 KiB or the last chunk, not what is large before', async () => {
    expect(await missed(verifyEnd)).toEqual([0, 1, 2, 3]);
    expect(await missed(verifyEnd, SIZES.slice(0, 4))).toEqual([0, 1, 2]);
    expect(await missed(verifyEnd, SIZES.slice(0, 3))).toEqual([0, 1]);
    writeFileSync(path, CONTENT.toString().replace('name', 'NAME'));
    expect(await verifyEnd(path, recorded(), null)).toBe(false);
  });

  it('does with what is there', async () => {
    const { header, header_end } = recorded();
    expect(await verifyEnd(path, { header, header_end, chunks: [] }, null)).toBe(true);
    expect(await verifyEnd(path, { header: null, header_end: null, chunks: [] }, null)).toBe(true);
  });
});
