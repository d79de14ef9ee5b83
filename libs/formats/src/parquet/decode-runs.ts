import type { ByteCursor } from './byte-cursor.js';
import { requireThat } from './fault.js';

type Levels = Uint8Array | Uint32Array;

/** Fills `into` from runs of equal values and of packed bits (Parquet's RLE hybrid). @param width bits a value, at most 32 */
export function decodeRuns(cursor: ByteCursor, width: number, into: Levels): void {
  requireThat(width <= 32, `values of ${width} bits`);
  if (width === 0) return;
  for (let filled = 0; filled < into.length; ) {
    const header = cursor.varint();
    const left = into.length - filled;
    if (header % 2 === 1) {
      const groups = Math.floor(header / 2);
      const count = Math.min(groups * 8, left);
      // The last group may be cut off behind the last value.
      const size = Math.min(groups * width, cursor.left);
      unpack(cursor.take(size), width, into, filled, count);
      filled += count;
    } else {
      const value = littleEndian(cursor.take(Math.ceil(width / 8)));
      const count = Math.min(Math.floor(header / 2), left);
      into.fill(value, filled, filled + count);
      filled += count;
    }
  }
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

function unpack(packed: Uint8Array, width: number, into: Levels, from: number, count: number): void {
  requireThat(packed.length * 8 >= count * width, 'packed values are cut off');
  if (width <= 24) unpackNarrow(packed, width, into, from, count);
  else unpackWide(packed, width, into, from, count);
}

function unpackWide(packed: Uint8Array, width: number, into: Levels, from: number, count: number): void {
  let bit = 0;
  for (let index = 0; index < count; index++, bit += width) into[from + index] = bitsAt(packed, bit, width);
}

/** Values that stand, wherever they begin in a byte, within four bytes. */
function unpackNarrow(packed: Uint8Array, width: number, into: Levels, from: number, count: number): void {
  const mask = 2 ** width - 1;
  let window = 0;
  let bits = 0;
  let at = 0;
  for (let index = 0; index < count; index++) {
    for (; bits < width; bits += 8) window |= packed[at++] << bits;
    into[from + index] = window & mask;
    window >>>= width;
    bits -= width;
  }
}

/** Up to 32 bits, the lowest first. */
export function bitsAt(bytes: Uint8Array, bit: number, width: number): number {
  let at = bit >>> 3;
  const offset = bit & 7;
  let value = bytes[at++] >>> offset;
  for (let got = 8 - offset; got < width; got += 8) value += bytes[at++] * 2 ** got;
  return width === 32 ? value % 2 ** 32 : value & (2 ** width - 1);
}
