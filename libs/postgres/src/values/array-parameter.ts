import { literalBytes, SCALED_BYTES, writeLiteral, writeScaled } from '../copy/numeric.js';

/** Element types, by their OIDs. */
const OID = { int4: 23, int8: 20, text: 25, numeric: 1700 } as const;

const HEAD_BYTES = 20;
const LENGTH_BYTES = 4;

/**
 * An array parameter in PostgreSQL's binary form: neither a string an element here nor a parse there. The statement must cast the
 * parameter to just this type.
 */
export class ArrayParameter {
  private buffer: Buffer;
  private view: DataView;
  private at = HEAD_BYTES;
  private count = 0;

  /** @param count how many elements there will be, as far as that is known */
  constructor(
    private readonly type: keyof typeof OID,
    count: number,
  ) {
    this.buffer = Buffer.allocUnsafeSlow(HEAD_BYTES + count * (LENGTH_BYTES + (type === 'int4' ? 4 : 16)));
    this.view = viewOf(this.buffer);
  }

  int4(value: number): void {
    this.begin(4);
    this.view.setInt32(this.at, value);
    this.end(4);
  }

  /** @param value a safe integer, or its literal beyond that */
  int8(value: number | string): void {
    this.begin(8);
    if (typeof value === 'string') this.view.setBigInt64(this.at, BigInt(value));
    else {
      this.view.setInt32(this.at, Math.floor(value / 4294967296));
      this.view.setInt32(this.at + 4, value);
    }
    this.end(8);
  }

  /** value / 10^scale, with `scale` digits after the point. @param value a safe integer */
  scaled(value: number, scale: number): void {
    this.begin(SCALED_BYTES);
    this.end(writeScaled(this.view, this.at, value, scale, scale) - this.at);
  }

  /** A decimal literal, with the digits after the point that it has. */
  literal(literal: string): void {
    const point = literal.indexOf('.');
    this.begin(literalBytes(literal));
    const dscale = point < 0 ? 0 : literal.length - point - 1;
    this.end(writeLiteral(this.buffer, this.at, literal, dscale) - this.at);
  }

  /** UTF-8. */
  bytes(from: Uint8Array, start: number, end: number): void {
    this.begin(end - start);
    for (let index = start, to = this.at; index < end; index++) this.buffer[to++] = from[index];
    this.end(end - start);
  }

  text(text: string): void {
    // A UTF-16 unit takes 3 bytes at most.
    this.begin(text.length * 3);
    this.end(this.buffer.write(text, this.at));
  }

  /** As `pg` takes it. */
  encoded(): Buffer {
    const head = [this.count === 0 ? 0 : 1, 0, OID[this.type], this.count, 1];
    head.forEach((word, at) => {
      this.view.setInt32(at * 4, word);
    });
    // An empty array has no dimension.
    return this.buffer.subarray(0, this.count === 0 ? 12 : this.at);
  }

  private begin(bytes: number): void {
    const needed = this.at + LENGTH_BYTES + bytes;
    if (needed > this.buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.buffer.length));
      this.buffer.copy(larger, 0, 0, this.at);
      this.buffer = larger;
      this.view = viewOf(larger);
    }
    this.at += LENGTH_BYTES;
  }

  private end(bytes: number): void {
    this.view.setInt32(this.at - LENGTH_BYTES, bytes);
    this.at += bytes;
    this.count++;
  }
}

const viewOf = ({ buffer, byteOffset, length }: Buffer) => new DataView(buffer, byteOffset, length);
