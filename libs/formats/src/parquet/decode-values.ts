import type { SchemaElement } from 'hyparquet';
import { ByteCursor } from './byte-cursor.js';
import {
  type ByteRanges,
  decodeDeltas32,
  decodeDeltas64,
  decodeLengthDeltas,
  decodePrefixDeltas,
} from './decode-deltas.js';
import { decodeRuns } from './decode-runs.js';
import { ParquetFault, requireThat } from './fault.js';

/** A value of any size, where it stands in a page: a view of it would cost more than most values. */
export class ByteSpan {
  constructor(
    readonly bytes: Uint8Array,
    readonly from: number,
    readonly to: number,
  ) {}

  get view(): Buffer {
    const { buffer, byteOffset } = this.bytes;
    return Buffer.from(buffer, byteOffset + this.from, this.to - this.from);
  }
}

/** A value as the file holds it: a boolean as 0 or 1, INT96 and all texts as bytes. */
export type RawValue = number | bigint | ByteSpan;

/** The values of a page, nulls left out, as the file holds them. */
export type RawValues = Uint8Array | Int32Array | BigInt64Array | Float32Array | Float64Array | ByteRanges;

/** Gives the n-th value. */
export function valuesOf(values: RawValues): (index: number) => RawValue {
  if (!('start' in values)) return (index) => values[index];
  const { bytes, start, end } = values;
  return (index) => new ByteSpan(bytes, start[index], end[index]);
}

/** Values of one of the encodings that are not of a dictionary. @throws ParquetFault when the bytes do not hold them */
export function decodeValues(bytes: Uint8Array, encoding: string, count: number, element: SchemaElement): RawValues {
  const cursor = new ByteCursor(bytes);
  const { type } = element;
  switch (encoding) {
    case 'PLAIN':
      return decodePlain(cursor, count, element);
    case 'RLE': {
      requireThat(type === 'BOOLEAN', `runs of ${type}`);
      const values = new Uint8Array(count);
      const runs = cursor.take(cursor.uint32());
      decodeRuns(new ByteCursor(runs), 1, values);
      return values;
    }
    case 'DELTA_BINARY_PACKED':
      requireThat(type === 'INT32' || type === 'INT64', `deltas of ${type}`);
      return type === 'INT32' ? decodeDeltas32(cursor, count) : decodeDeltas64(cursor, count);
    case 'DELTA_LENGTH_BYTE_ARRAY':
      requireThat(type === 'BYTE_ARRAY', `deltas of ${type}`);
      return decodeLengthDeltas(cursor, count);
    case 'DELTA_BYTE_ARRAY':
      requireThat(type === 'BYTE_ARRAY' || type === 'FIXED_LEN_BYTE_ARRAY', `deltas of ${type}`);
      return decodePrefixDeltas(cursor, count);
    case 'BYTE_STREAM_SPLIT':
      return decodePlain(joinStreams(cursor, count, widthOf(element)), count, element);
    default:
      throw new ParquetFault(`the encoding ${encoding} is not known`);
  }
}

/** Indexes into a dictionary of `entries` values. */
export function decodeIndexes(bytes: Uint8Array, count: number, entries: number): Uint32Array {
  const indexes = new Uint32Array(count);
  if (count === 0) return indexes;
  const cursor = new ByteCursor(bytes);
  decodeRuns(cursor, cursor.byte(), indexes);
  for (let index = 0; index < count; index++) {
    if (indexes[index] < entries) continue;
    throw new ParquetFault(`there is no entry ${indexes[index]} in a dictionary of ${entries}`);
  }
  return indexes;
}

function decodePlain(cursor: ByteCursor, count: number, element: SchemaElement): RawValues {
  switch (element.type) {
    case 'BOOLEAN': {
      const packed = cursor.take(Math.ceil(count / 8));
      const values = new Uint8Array(count);
      for (let index = 0; index < count; index++) values[index] = (packed[index >> 3] >> (index & 7)) & 1;
      return values;
    }
    case 'INT32':
      return new Int32Array(aligned(cursor, 4 * count));
    case 'INT64':
      return new BigInt64Array(aligned(cursor, 8 * count));
    case 'FLOAT':
      return new Float32Array(aligned(cursor, 4 * count));
    case 'DOUBLE':
      return new Float64Array(aligned(cursor, 8 * count));
    case 'BYTE_ARRAY':
      return decodeByteArrays(cursor, count);
    default:
      return decodeFixed(cursor, count, widthOf(element));
  }
}

/** A copy: values need not be aligned in a page. */
function aligned(cursor: ByteCursor, size: number): ArrayBuffer {
  const copy = new Uint8Array(size);
  copy.set(cursor.take(size));
  return copy.buffer;
}

function decodeByteArrays(cursor: ByteCursor, count: number): ByteRanges {
  const values = { bytes: cursor.bytes, start: new Uint32Array(count), end: new Uint32Array(count) };
  for (let index = 0; index < count; index++) {
    const size = cursor.uint32();
    values.start[index] = cursor.at;
    cursor.skip(size);
    values.end[index] = cursor.at;
  }
  return values;
}

function decodeFixed(cursor: ByteCursor, count: number, width: number): ByteRanges {
  const from = cursor.at;
  cursor.take(width * count);
  const start = Uint32Array.from({ length: count }, (_, index) => from + index * width);
  return { bytes: cursor.bytes, start, end: start.map((at) => at + width) };
}

function widthOf({ type, type_length }: SchemaElement): number {
  if (type === 'INT32' || type === 'FLOAT') return 4;
  if (type === 'INT64' || type === 'DOUBLE') return 8;
  if (type === 'INT96') return 12;
  requireThat(type === 'FIXED_LEN_BYTE_ARRAY' && (type_length ?? -1) >= 0, `values of ${type} have no fixed size`);
  return type_length as number;
}

/** BYTE_STREAM_SPLIT: the first bytes of all values, then the second ones, ... */
function joinStreams(cursor: ByteCursor, count: number, width: number): ByteCursor {
  const streams = cursor.take(count * width);
  const values = new Uint8Array(streams.length);
  for (let byte = 0; byte < width; byte++) {
    for (let index = 0; index < count; index++) values[index * width + byte] = streams[byte * count + index];
  }
  return new ByteCursor(values);
}
