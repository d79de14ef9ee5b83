type Section = Uint8Array | Uint16Array | Uint32Array | Int32Array;

/** Writes sections one behind the other, each at a multiple of 4 bytes, into one buffer that grows and is reused. */
export class BodyWriter {
  #bytes = Buffer.alloc(256 * 1024);
  #words = new Uint32Array(this.#bytes.buffer);
  #at = 0;

  begin(): void {
    this.#at = 0;
  }

  end(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#words[this.#at >> 2] = value;
    this.#at += 4;
  }

  /** The first `count` entries of an array. */
  section(array: Section, count: number): void {
    const size = count * array.BYTES_PER_ELEMENT;
    this.#reserve(size);
    this.#bytes.set(new Uint8Array(array.buffer, array.byteOffset, size), this.#at);
    this.#pad(size);
  }

  /** `count` values that stand one behind the other in `bytes`, as their lengths and their bytes. */
  values(bytes: Uint8Array, offsets: Uint32Array, count: number): void {
    const from = offsets[0];
    const size = offsets[count] - from;
    let longest = 0;
    for (let entry = 0; entry < count; entry++) longest = Math.max(longest, offsets[entry + 1] - offsets[entry]);
    const width = longest < 0x100 ? 1 : longest < 0x10000 ? 2 : 4;
    this.u32(count);
    this.u32(size);
    this.u32(width);
    this.#reserve(count * width);
    const at = this.#at;
    const { buffer } = this.#bytes;
    const lengths =
      width === 1
        ? new Uint8Array(buffer, at, count)
        : width === 2
          ? new Uint16Array(buffer, at, count)
          : new Uint32Array(buffer, at, count);
    for (let entry = 0; entry < count; entry++) lengths[entry] = offsets[entry + 1] - offsets[entry];
    this.#pad(count * width);
    this.#reserve(size);
    this.#bytes.set(bytes.subarray(from, from + size), this.#at);
    this.#pad(size);
  }

  texts(texts: readonly string[]): void {
    const bytes = Buffer.from(texts.join(''));
    const offsets = new Uint32Array(texts.length + 1);
    texts.forEach((text, index) => {
      offsets[index + 1] = offsets[index] + Buffer.byteLength(text);
    });
    this.values(bytes, offsets, texts.length);
  }

  #pad(size: number): void {
    const end = this.#at + size;
    this.#at = (end + 3) & ~3;
    this.#bytes.fill(0, end, this.#at);
  }

  /** Room for `size` bytes and their padding. */
  #reserve(size: number): void {
    if (this.#at + size + 4 <= this.#bytes.length) return;
    const grown = Buffer.alloc(((this.#at + size + 4) * 2 + 3) & ~3);
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
    this.#words = new Uint32Array(grown.buffer);
  }
}
