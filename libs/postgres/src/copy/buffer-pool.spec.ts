import { describe, expect, it } from 'vitest';
import { BufferPool, joinSmall } from './buffer-pool.js';

const LARGE = 70_000;

/** Buffers of the pool as an encoder makes them: each is a part of a larger one. */
function* encoded(pool: BufferPool, sizes: number[]): Generator<Buffer> {
  for (const [index, size] of sizes.entries())
    yield pool
      .take(size)
      .subarray(0, size)
      .fill(index + 1);
}

/** Copies of what is yielded, as the buffers are used again. */
function bytesOf(sizes: number[]): Buffer[] {
  const pool = new BufferPool();
  const sent: Buffer[] = [];
  for (const buffer of joinSmall(encoded(pool, sizes), pool)) {
    sent.push(Buffer.from(buffer));
    pool.give(buffer);
  }
  return sent;
}

const wanted = (sizes: number[]) => Buffer.concat(sizes.map((size, index) => Buffer.alloc(size, index + 1)));

describe('small buffers', () => {
  it('leave together, in order and with their bytes', () => {
    const sizes = Array.from({ length: 500 }, (_, index) => 100 + index);
    const sent = bytesOf(sizes);
    expect(sent.length).toBeLessThan(3);
    expect(Buffer.concat(sent).equals(wanted(sizes))).toBe(true);
  });

  it('do not pass large ones', () => {
    const sizes = [10, 20, LARGE, 30, LARGE, LARGE, 40, 300_000, 1];
    const sent = bytesOf(sizes);
    expect(sent.map(({ length }) => length)).toEqual([30, LARGE, 30, LARGE, LARGE, 40, 300_000, 1]);
    expect(Buffer.concat(sent).equals(wanted(sizes))).toBe(true);
  });

  it('are nothing where nothing was', () => {
    expect(bytesOf([])).toEqual([]);
  });
});
