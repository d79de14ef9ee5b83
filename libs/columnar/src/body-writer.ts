type Section = Uint8Array | Uint16Array | Uint32Array | Int32Array;

const USUAL_BYTES = 2 * 1024 * 1024;
/** Room that writes of whole words may take behind the end. */
const SLACK = 8;

/**
 * Writes sections one behind the other, each at a multiple of 4 bytes, into one buffer that grows and is reused. `bytes` and what views it
 * are for sections that are written in place, behind a `reserve`, which may replace them.
 */
export class BodyWriter {
  bytes = Buffer.allocUnsafeSlow(USUAL_BYTES);
  u16 = new Uint16Array(this.bytes.buffer);
  u32 = new Uint32Array(this.bytes.buffer);
  i32 = new Int32Array(this.bytes.buffer);
  view = new DataView(this.bytes.buffer);
  /** Where the next section begins: a multiple of 4. */
  at = 0;

  /** What was written before is no longer needed. */
  begin(): void {
    this.at = 0;
    // One large chunk should not keep the memory for ever.
    if (this.bytes.length > 4 * USUAL_BYTES) this.#replace(USUAL_BYTES);
  }

  /** What was written from `from` on: a view, valid until the next `begin`, and not written to from then on. */
  since(from: number): Buffer {
    return this.bytes.subarray(from, this.at);
  }

  word(value: number): void {
    this.reserve(4);
    this.u32[this.at >> 2] = value;
    this.at += 4;
  }

  /** The first `count` entries of an array. */
  section(array: Section, count: number): void {
    const size = count * array.BYTES_PER_ELEMENT;
    this.reserve(size);
    this.bytes.set(new Uint8Array(array.buffer, array.byteOffset, size), this.at);
    this.close(size);
  }

  /** `count` values that stand one behind the other in `bytes`, as their lengths and their bytes. */
  values(bytes: Uint8Array, offsets: Uint32Array, count: number): void {
    const from = offsets[0];
    const size = offsets[count] - from;
    let longest = 0;
    for (let entry = 0; entry < count; entry++) longest = Math.max(longest, offsets[entry + 1] - offsets[entry]);
    const width = this.beginValues(count, size, longest);
    for (let entry = 0; entry < count; entry++) this.putLength(entry, width, offsets[entry + 1] - offsets[entry]);
    this.close(count * width);
    this.bytes.set(bytes.subarray(from, from + size), this.at);
    this.close(size);
  }

  /** ASCII texts. */
  texts(texts: readonly string[]): void {
    let size = 0;
    let longest = 0;
    for (const { length } of texts) {
      size += length;
      if (length > longest) longest = length;
    }
    const width = this.beginValues(texts.length, size, longest);
    for (let entry = 0; entry < texts.length; entry++) this.putLength(entry, width, texts[entry].length);
    this.close(texts.length * width);
    if (size > 0) this.bytes.write(texts.join(''), this.at, 'latin1');
    this.close(size);
  }

  /**
   * Begins a section of values: lengths are to be put and closed, then the bytes.
   * @returns how many bytes a length has
   */
  beginValues(count: number, size: number, longest: number): number {
    const width = longest < 0x100 ? 1 : longest < 0x10000 ? 2 : 4;
    this.reserve(3 * 4 + count * width + 4 + size);
    const word = this.at >> 2;
    this.u32[word] = count;
    this.u32[word + 1] = size;
    this.u32[word + 2] = width;
    this.at += 3 * 4;
    return width;
  }

  putLength(entry: number, width: number, length: number): void {
    if (width === 1) this.bytes[this.at + entry] = length;
    else if (width === 2) this.u16[(this.at >> 1) + entry] = length;
    else this.u32[(this.at >> 2) + entry] = length;
  }

  /** Ends a section of `size` bytes that was written at `at`. */
  close(size: number): void {
    let end = this.at + size;
    for (; (end & 3) !== 0; end++) this.bytes[end] = 0;
    this.at = end;
  }

  /** Room for `size` bytes, their padding, and the rest of a word behind. */
  reserve(size: number): void {
    const needed = this.at + size + SLACK;
    if (needed > this.bytes.length) this.#replace(2 * needed);
  }

  #replace(size: number): void {
    const before = this.bytes;
    this.bytes = Buffer.allocUnsafeSlow((size + 7) & ~7);
    // Also what stands behind `at`: a section may have been begun.
    before.copy(this.bytes);
    this.u16 = new Uint16Array(this.bytes.buffer);
    this.u32 = new Uint32Array(this.bytes.buffer);
    this.i32 = new Int32Array(this.bytes.buffer);
    this.view = new DataView(this.bytes.buffer);
  }
}
