import { isUtf8 } from 'node:buffer';
import { FAILURE } from '../working-set.js';

/** Why PostgreSQL could not store `bytes[start .. end)` as text: a FAILURE, 0 when it can. */
export function textFault(bytes: Uint8Array, start: number, end: number): number {
  const value = bytes.subarray(start, end);
  if (value.includes(0)) return FAILURE.nul_byte;
  return isUtf8(value) ? 0 : FAILURE.invalid_utf8;
}
