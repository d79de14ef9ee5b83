import { failure } from '../content/failure.js';
import type { ParquetFile } from './read-footer.js';

/** Bytes of the file. @throws MillraceError SOURCE_UNREADABLE when it ends before them */
export async function readRaw({ raw, path }: ParquetFile, start: number, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size);
  for (let filled = 0; filled < size; ) {
    const count = await raw.read(start + filled, bytes.subarray(filled));
    if (count <= 0) throw failure(path, 'SOURCE_UNREADABLE', `ends at byte ${start + filled}, before its size`);
    filled += count;
  }
  return bytes;
}
