import { MillraceError, type PositionalReader } from '@millrace/contracts';
import { CR, LF, SPACE, TAB } from './bytes.js';

const SCAN_BYTES = 256 * 1024;

/** Exactly `size` bytes from `position`. @throws MillraceError SOURCE_CHANGED when the source ends before */
export async function readWindow(read: PositionalReader, position: number, size: number): Promise<Buffer> {
  const window = Buffer.allocUnsafeSlow(size);
  for (let filled = 0; filled < size; ) {
    const count = await read(position + filled, window.subarray(filled));
    if (count <= 0) {
      const message = `source ends at byte ${position + filled}, before its registered size`;
      throw new MillraceError('SOURCE_CHANGED', message);
    }
    filled += count;
  }
  return window;
}

/** The same, on loan where the reader lends: not to be held while another one is read. */
export function lendWindow(read: PositionalReader, position: number, size: number): Promise<Buffer> {
  return read.lend ? read.lend(position, size) : readWindow(read, position, size);
}

/** First byte behind the next LF at or behind `from`, however far it is; -1 when there is none before `end`. */
export async function scanLine(read: PositionalReader, from: number, end: number): Promise<number> {
  for (let at = from; at < end; at += SCAN_BYTES) {
    const window = await readWindow(read, at, Math.min(SCAN_BYTES, end - at));
    const lf = window.indexOf(LF);
    if (lf >= 0) return at + lf + 1;
  }
  return -1;
}

/** Whether the line at `from`, of any length, holds spaces and tabs only. */
export async function scanBlankLine(read: PositionalReader, from: number, end: number): Promise<boolean> {
  for (let at = from; at < end; ) {
    const window = await readWindow(read, at, Math.min(SCAN_BYTES, end - at));
    const other = window.findIndex((byte) => byte !== SPACE && byte !== TAB);
    if (other < 0) {
      at += window.length;
      continue;
    }
    at += other;
    const [first, second] = await readWindow(read, at, Math.min(2, end - at));
    return first === LF || (first === CR && second === LF);
  }
  return true;
}
