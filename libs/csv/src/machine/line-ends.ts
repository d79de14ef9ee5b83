import { CR, LF } from '../bytes.js';
import { type DialectMachine, restMatches } from './dialect-machine.js';

/** Answered in place of a position: what stands there depends on bytes that are not there yet. */
export const STARVED = -1;

/**
 * How many bytes at `at` end a record: 0 when none do, STARVED when that depends on the byte behind the last one.
 * @param final whether the text ends at `size`
 */
export function recordEndSize(
  machine: DialectMachine,
  bytes: Uint8Array,
  at: number,
  size: number,
  final: boolean,
): number {
  const byte = bytes[at];
  if (byte === LF) return machine.ends_lf ? 1 : 0;
  if (byte !== CR) return 0;
  if (!machine.ends_crlf) return machine.ends_cr ? 1 : 0;
  if (at + 1 < size) {
    if (bytes[at + 1] === LF) return 2;
  } else if (!final) {
    return STARVED;
  }
  return machine.ends_cr ? 1 : 0;
}

/** First byte behind the physical line at `at`; `size` when a final text ends before, else STARVED. */
export function lineEnd(machine: DialectMachine, bytes: Buffer, at: number, size: number, final: boolean): number {
  for (let next = at; next < size; next++) {
    const byte = bytes[next];
    if (byte !== LF && byte !== CR) continue;
    const end = recordEndSize(machine, bytes, next, size, final);
    if (end < 0) return STARVED;
    if (end > 0) return next + end;
  }
  return final ? size : STARVED;
}

/** First byte behind the comment or blank line at `at`; `at` itself when a record begins there; STARVED. */
export function skipLine(machine: DialectMachine, bytes: Buffer, at: number, size: number, final: boolean): number {
  const { comment } = machine;
  if (comment !== null && bytes[at] === comment[0]) {
    if (!final && at + comment.length > size) return STARVED;
    if (restMatches(bytes, at, size, comment)) return lineEnd(machine, bytes, at, size, final);
  }
  return blankLineEnd(machine, bytes, at, size, final);
}

/** First byte behind the line at `at` when it is blank; `at` itself when it is not; STARVED. */
export function blankLineEnd(machine: DialectMachine, bytes: Buffer, at: number, size: number, final: boolean): number {
  const { blanks } = machine;
  let next = at;
  while (next < size && blanks[bytes[next]] === 1) next++;
  if (next >= size) return final ? size : STARVED;
  const end = recordEndSize(machine, bytes, next, size, final);
  if (end < 0) return STARVED;
  return end === 0 ? at : next + end;
}
