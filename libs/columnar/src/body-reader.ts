import { MillraceError } from '@millrace/contracts';

/** Reads the sections that BodyWriter wrote, as views. Every length is checked. @throws MillraceError MESSAGE_CONTRACT */
export class BodyReader {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    // Views of 4-byte entries must begin at a multiple of 4.
    this.#body = body.byteOffset % 4 === 0 ? body : Buffer.from(new Uint8Array(body).buffer);
  }

  u32(): number {
    return this.u32s(1)[0];
  }

  u8s(count: number): Uint8Array {
    return new Uint8Array(this.#body.buffer, this.#take(count, 1), count);
  }

  u16s(count: number): Uint16Array {
    return new Uint16Array(this.#body.buffer, this.#take(count, 2), count);
  }

  u32s(count: number): Uint32Array {
    return new Uint32Array(this.#body.buffer, this.#take(count, 4), count);
  }

  i32s(count: number): Int32Array {
    return new Int32Array(this.#body.buffer, this.#take(count, 4), count);
  }

  /** @param expected how many values there must be; without it any number */
  values(expected?: number): { bytes: Uint8Array; offsets: Uint32Array } {
    const count = this.u32();
    const size = this.u32();
    const width = this.u32();
    if (expected !== undefined && count !== expected) refuse(`${count} values where there are ${expected} rows`);
    if (width !== 1 && width !== 2 && width !== 4) refuse(`lengths of ${width} bytes`);
    const lengths = width === 1 ? this.u8s(count) : width === 2 ? this.u16s(count) : this.u32s(count);
    const bytes = this.u8s(size);
    const offsets = new Uint32Array(count + 1);
    let end = 0;
    for (let entry = 0; entry < count; entry++) {
      end += lengths[entry];
      offsets[entry + 1] = end;
    }
    if (end !== size) refuse(`values of ${end} bytes where ${size} are stated`);
    return { bytes, offsets };
  }

  texts(): string[] {
    const { bytes, offsets } = this.values();
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    return Array.from({ length: offsets.length - 1 }, (_, entry) => text.slice(offsets[entry], offsets[entry + 1]));
  }

  finish(): void {
    if (this.#at !== this.#body.length) refuse(`${this.#body.length - this.#at} bytes behind the last column`);
  }

  /** Offset in the ArrayBuffer of the next `count` entries, which must lie within the body. */
  #take(count: number, width: number): number {
    const begin = this.#at;
    const end = begin + count * width;
    const next = Math.ceil(end / 4) * 4;
    if (next > this.#body.length) refuse(`section of ${count} x ${width} bytes goes past the body`);
    this.#at = next;
    return this.#body.byteOffset + begin;
  }
}

function refuse(message: string): never {
  throw new MillraceError('MESSAGE_CONTRACT', message);
}
