import { describe, expect, it } from 'vitest';
import { groupCuts } from './group-cuts.js';
import type { PackedStep } from './record-cuts.js';

const MIB = 1024 * 1024;

async function* chunks(count: number, size_bytes: number): AsyncGenerator<PackedStep> {
  for (let chunk = 0; chunk < count; chunk++) {
    const row = {
      source: 1,
      chunk,
      fingerprint: '',
      flags: 0,
      byte_start: 0,
      byte_end: 0,
      first_record: 1,
      records: 1,
    };
    yield { kind: 'chunk', row: { ...row, content_hash: Buffer.alloc(0) }, size_bytes, message: Buffer.alloc(0) };
  }
}

const sizes = async (steps: AsyncIterable<PackedStep>) => {
  const found: number[] = [];
  for await (const group of groupCuts(steps)) found.push(group.length);
  return found;
};

describe('groupCuts', () => {
  it('begins with one chunk, and doubles up to its bound of bytes', async () => {
    expect(await sizes(chunks(50, MIB))).toEqual([1, 2, 4, 8, 16, 16, 3]);
  });

  it('bounds what is written down at once when chunks are small', async () => {
    const found = await sizes(chunks(1000, 10));
    expect(Math.max(...found)).toBeLessThanOrEqual(192);
    expect(found.reduce((sum, size) => sum + size, 0)).toBe(1000);
    expect(found.length).toBeLessThan(20);
  });

  it('gives nothing for nothing', async () => {
    expect(await sizes(chunks(0, 0))).toEqual([]);
  });
});
