import type { PositionalReader } from '@millrace/contracts';
import { MillraceError } from '@millrace/contracts';

/** Exactly `size` bytes from `position`, in a buffer with `spare` bytes behind. @throws MillraceError SOURCE_CHANGED when the source ends before */
export async function readExactly(read: PositionalReader, position: number, size: number, spare = 0): Promise<Buffer> {
  const window = Buffer.allocUnsafeSlow(size + spare);
  for (let filled = 0; filled < size; ) {
    const count = await read(position + filled, window.subarray(filled, size));
    if (count <= 0) {
      const message = `source ends at byte ${position + filled}, before its registered size`;
      throw new MillraceError('SOURCE_CHANGED', message);
    }
    filled += count;
  }
  return window;
}
