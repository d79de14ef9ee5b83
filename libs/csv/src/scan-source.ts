import type { PositionalReader } from '@millrace/contracts';
import type { DialectMachine } from './machine/dialect-machine.js';
import { blankLineEnd, lineEnd, STARVED } from './machine/line-ends.js';
import { readWindow } from './read.js';

const SCAN_BYTES = 256 * 1024;

/** First byte behind the physical line at `from`, however long it is; a sealed source's `end` at the latest, else STARVED. */
export async function scanLineEnd(
  machine: DialectMachine,
  read: PositionalReader,
  from: number,
  end: number,
  sealed: boolean,
): Promise<number> {
  for (let at = from; at < end; ) {
    const window = await readWindow(read, at, Math.min(SCAN_BYTES, end - at));
    const found = lineEnd(machine, window, 0, window.length, false);
    if (found !== STARVED) return at + found;
    if (at + window.length === end) break;
    // A CR at the end of this window is looked at again with what follows it.
    at += window.length > 1 ? window.length - 1 : 1;
  }
  return sealed ? end : STARVED;
}

/** Whether the bytes from `from` to `end` are one blank line. */
export async function isBlankRange(
  machine: DialectMachine,
  read: PositionalReader,
  from: number,
  end: number,
): Promise<boolean> {
  for (let at = from; at < end; ) {
    const window = await readWindow(read, at, Math.min(SCAN_BYTES, end - at));
    const final = at + window.length === end;
    const found = blankLineEnd(machine, window, 0, window.length, final);
    if (found !== STARVED) return found > 0 && at + found === end;
    at += window.length > 1 ? window.length - 1 : 1;
  }
  return true;
}
