import { ParquetFault } from './fault.js';

/** Reads small things out of a page, one behind the other; reading past its end is a fault. */
export class ByteCursor {
  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
  ) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  skip(size: number): void {
    if (!(size >= 0) || size > this.left)
      throw new ParquetFault(`${size} bytes should follow where ${this.left} are left`);
    this.at += size;
  }

  take(size: number): Uint8Array {
    this.skip(size);
    return this.bytes.subarray(this.at - size, this.at);
  }

  byte(): number {
    if (this.left < 1) throw new ParquetFault('a page ends early');
    return this.bytes[this.at++];
  }

  uint32(): number {
    const { bytes, at } = this;
    this.skip(4);
    return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new ParquetFault('a number has too many bytes');
  }

  /** Zigzag LEB128 of at most 64 bits. */
  zigzag(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
    throw new ParquetFault('a number has too many bytes');
  }
}
