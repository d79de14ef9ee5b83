import { createRequire } from 'node:module';

/** What is used of kafkajs' own `protocol/encoder`: its methods write to `buf` at `offset`. */
export interface Encoder {
  buf: Buffer;
  offset: number;
  readonly buffer: Buffer;
  size(): number;
  ensureAvailable(size_bytes: number): void;
  writeBufferInternal(bytes: Buffer): void;
  writeBytes(value: unknown): this;
  writeEncoder(other: Encoder): this;
  writeEncoderArray(others: Encoder[]): this;
  writeInt8(value: number): this;
  writeInt16(value: number): this;
  writeInt32(value: number): this;
  writeUInt32(value: number): this;
  writeInt64(value: unknown): this;
  writeArray(others: Encoder[], type: 'object'): this;
}

const OriginalEncoder = createRequire(import.meta.url)('kafkajs/src/protocol/encoder') as new (
  size?: number,
) => Encoder;

/** Shorter bytes are copied: a piece costs more than its copy. */
const PIECE_BYTES = 1024;
const BLOCK_BYTES = 256;

/**
 * kafkajs' Encoder, but it keeps large bytes as they are, by reference, until the whole request is asked for. The original copies a
 * message's value some nine times, each into a zero-filled buffer of twice the size, on its way from record to request: that was
 * half of the garbage of every service that publishes.
 *
 * What is written must not change until the request is sent.
 */
export class PieceEncoder extends OriginalEncoder {
  #pieces: Buffer[] = [];
  #pieces_bytes = 0;

  constructor() {
    super(0);
    this.buf = Buffer.allocUnsafe(BLOCK_BYTES);
  }

  override size(): number {
    return this.#pieces_bytes + this.offset;
  }

  override ensureAvailable(size_bytes: number): void {
    if (this.offset + size_bytes <= this.buf.length) return;
    this.#closePiece();
    this.buf = Buffer.allocUnsafe(Math.max(size_bytes, 2 * BLOCK_BYTES));
  }

  override writeBufferInternal(bytes: Buffer): void {
    if (bytes.length < PIECE_BYTES) {
      this.ensureAvailable(bytes.length);
      bytes.copy(this.buf, this.offset);
      this.offset += bytes.length;
      return;
    }
    this.#closePiece();
    this.#pieces.push(bytes);
    this.#pieces_bytes += bytes.length;
  }

  /** The original makes room for the value first. */
  override writeBytes(value: unknown): this {
    if (!Buffer.isBuffer(value)) return super.writeBytes(value);
    this.writeInt32(value.length);
    this.writeBufferInternal(value);
    return this;
  }

  override writeEncoder(other: PieceEncoder): this {
    for (const piece of other.pieces()) this.writeBufferInternal(piece);
    return this;
  }

  override writeEncoderArray(others: PieceEncoder[]): this {
    for (const other of others) this.writeEncoder(other);
    return this;
  }

  /** All that was written, in order. */
  pieces(): readonly Buffer[] {
    this.#closePiece();
    return this.#pieces;
  }

  /** All that was written in one: copied once, however often it is asked for. */
  override get buffer(): Buffer {
    const pieces = this.pieces();
    if (pieces.length !== 1) this.#pieces = [Buffer.concat(pieces, this.#pieces_bytes)];
    return this.#pieces[0];
  }

  #closePiece(): void {
    if (this.offset === 0) return;
    this.#pieces.push(this.buf.subarray(0, this.offset));
    this.#pieces_bytes += this.offset;
    this.buf = this.buf.subarray(this.offset);
    this.offset = 0;
  }
}
