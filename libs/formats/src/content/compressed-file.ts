import type { RawFile } from './content.js';

/** A file up to the size that counts. */
export interface LimitedFile {
  raw: RawFile;
  limit_bytes: number;
  path: string;
}

export const INPUT_BYTES = 64 * 1024;

/** The bytes of a file from `from` on, in blocks. */
export async function* blocksOf({ raw, limit_bytes }: LimitedFile, from = 0): AsyncGenerator<Buffer> {
  for (let at = from; at < limit_bytes; ) {
    const block = Buffer.allocUnsafe(Math.min(INPUT_BYTES, limit_bytes - at));
    const size = await raw.read(at, block);
    if (size === 0) return;
    yield block.subarray(0, size);
    at += size;
  }
}
