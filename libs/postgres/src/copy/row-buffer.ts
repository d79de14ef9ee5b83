/** Binary COPY tuples built value by value: for the tables with few rows (rejects, duplicates). */
export class RowBuffer {
  private buffer = Buffer.allocUnsafe(64 * 1024);
  private at = 0;
  rows = 0;

  row(columns: number): this {
    this.reserve(2);
    this.at = this.buffer.writeInt16BE(columns, this.at);
    this.rows++;
    return this;
  }

  int4(value: number): this {
    this.reserve(8);
    this.at = this.buffer.writeInt32BE(4, this.at);
    this.at = this.buffer.writeInt32BE(value, this.at);
    return this;
  }

  /** @param value a safe integer */
  int8(value: number): this {
    this.reserve(12);
    this.at = this.buffer.writeInt32BE(8, this.at);
    this.at = this.buffer.writeInt32BE(Math.floor(value / 4294967296), this.at);
    this.at = this.buffer.writeUInt32BE(value >>> 0, this.at);
    return this;
  }

  /** NUL, which text cannot hold, becomes U+FFFD. */
  text(value: string | null): this {
    if (value === null) return this.bytes(null);
    const storable = value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
    const size = Buffer.byteLength(storable);
    this.reserve(4 + size);
    this.at = this.buffer.writeInt32BE(size, this.at);
    this.at += this.buffer.write(storable, this.at);
    return this;
  }

  bytes(value: Uint8Array | null): this {
    this.reserve(4 + (value?.length ?? 0));
    this.at = this.buffer.writeInt32BE(value ? value.length : -1, this.at);
    if (value) {
      this.buffer.set(value, this.at);
      this.at += value.length;
    }
    return this;
  }

  encoded(): Buffer {
    return this.buffer.subarray(0, this.at);
  }

  private reserve(size: number): void {
    if (this.at + size <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.at + size));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }
}
