import { PARQUET_BOUNDS } from './bounds.js';
import type { ByteCursor } from './byte-cursor.js';
import { bitsAt } from './decode-runs.js';
import { ParquetFault, requireThat } from './fault.js';

interface Blocks {
  /** Values of a miniblock, and miniblocks of a block. */
  values: number;
  miniblocks: number;
  first: bigint;
}

function readBlocks(cursor: ByteCursor, count: number): Blocks {
  const block = cursor.varint();
  const miniblocks = cursor.varint();
  const total = cursor.varint();
  const values = block / miniblocks;
  requireThat(Number.isInteger(values / 8) && values > 0 && block <= 2 ** 20, `blocks of ${block} values`);
  requireThat(total >= count, `${total} values should be ${count}`);
  return { values, miniblocks, first: cursor.zigzag() };
}

/** DELTA_BINARY_PACKED of 32 bits. */
export function decodeDeltas32(cursor: ByteCursor, count: number): Int32Array {
  const into = new Int32Array(count);
  const { first, ...blocks } = readBlocks(cursor, count);
  if (count === 0) return into;
  let value = Number(BigInt.asIntN(32, first));
  into[0] = value;
  eachMiniblock(cursor, count, blocks, (packed, width, least, from, size) => {
    const minimum = Number(BigInt.asIntN(32, least));
    requireThat(width <= 32, `deltas of ${width} bits`);
    for (let index = 0; index < size; index++) {
      // Deltas wrap around as their values do.
      value = (value + minimum + (width === 0 ? 0 : bitsAt(packed, index * width, width))) | 0;
      into[from + index] = value;
    }
  });
  return into;
}

/** DELTA_BINARY_PACKED of 64 bits. */
export function decodeDeltas64(cursor: ByteCursor, count: number): BigInt64Array {
  const into = new BigInt64Array(count);
  const { first, ...blocks } = readBlocks(cursor, count);
  if (count === 0) return into;
  let value = first;
  into[0] = value;
  eachMiniblock(cursor, count, blocks, (packed, width, least, from, size) => {
    for (let index = 0; index < size; index++) {
      const low = bitsAt(packed, index * width, Math.min(width, 32));
      const high = width > 32 ? bitsAt(packed, index * width + 32, width - 32) : 0;
      const delta = high === 0 ? BigInt(low) : (BigInt(high) << 32n) | BigInt(low);
      value = BigInt.asIntN(64, value + least + (width === 0 ? 0n : delta));
      into[from + index] = value;
    }
  });
  return into;
}

type TakeMiniblock = (packed: Uint8Array, width: number, least: bigint, from: number, size: number) => void;

function eachMiniblock(cursor: ByteCursor, count: number, blocks: Omit<Blocks, 'first'>, take: TakeMiniblock): void {
  for (let from = 1; from < count; ) {
    const least = cursor.zigzag();
    const widths = cursor.take(blocks.miniblocks);
    for (let index = 0; index < blocks.miniblocks && from < count; index++) {
      const width = widths[index];
      requireThat(width <= 64, `deltas of ${width} bits`);
      const size = Math.min(blocks.values, count - from);
      // Writers may leave out what fills the last miniblock up.
      const packed = cursor.take(Math.min((blocks.values * width) / 8, cursor.left));
      requireThat(packed.length * 8 >= size * width, 'deltas are cut off');
      take(packed, width, least, from, size);
      from += size;
    }
  }
}

/** Values of any size in some bytes. */
export interface ByteRanges {
  bytes: Uint8Array;
  start: Uint32Array;
  end: Uint32Array;
}

/** DELTA_LENGTH_BYTE_ARRAY: lengths, then all bytes. */
export function decodeLengthDeltas(cursor: ByteCursor, count: number): ByteRanges {
  const lengths = decodeDeltas32(cursor, count);
  const { bytes } = cursor;
  const start = new Uint32Array(count);
  const end = new Uint32Array(count);
  for (let index = 0; index < count; index++) {
    start[index] = cursor.at;
    cursor.skip(lengths[index]);
    end[index] = cursor.at;
  }
  return { bytes, start, end };
}

/** DELTA_BYTE_ARRAY: each value begins with some bytes of the one before. */
export function decodePrefixDeltas(cursor: ByteCursor, count: number): ByteRanges {
  const prefixes = decodeDeltas32(cursor, count);
  const suffixes = decodeLengthDeltas(cursor, count);
  let size = 0;
  for (let index = 0; index < count; index++) {
    size += prefixes[index] + (suffixes.end[index] - suffixes.start[index]);
    if (size > PARQUET_BOUNDS.page_bytes) throw new ParquetFault(`a page has over ${size} bytes of values`, true);
  }
  const into: ByteRanges = { bytes: new Uint8Array(size), start: new Uint32Array(count), end: new Uint32Array(count) };
  let at = 0;
  for (let index = 0; index < count; index++) {
    const prefix = prefixes[index];
    const before = index === 0 ? 0 : at - into.start[index - 1];
    requireThat(prefix >= 0 && prefix <= before, `a value begins with ${prefix} bytes of one of ${before}`);
    into.start[index] = at;
    if (prefix > 0) into.bytes.copyWithin(at, into.start[index - 1], into.start[index - 1] + prefix);
    const suffix = suffixes.bytes.subarray(suffixes.start[index], suffixes.end[index]);
    into.bytes.set(suffix, at + prefix);
    at += prefix + suffix.length;
    into.end[index] = at;
  }
  return into;
}
