/**
 * One generation of a blocked Bloom filter: a power of two of 512-bit blocks. A key touches a single block, so a
 * single cache line: its second lane picks the block, its first lane gives 8 bits within it (each the top 9 bits of
 * the lane multiplied once more). A full generation (28 keys a block, 18.3 bits a key) is wrong for 0.041 % of new keys.
 */
export const BLOCK_BYTES = 64;
export const KEYS_PER_BLOCK = 28;

/** Odd, 2^32 / golden ratio: consecutive powers of it spread the bits of a lane over its top. */
const M1 = 0x9e3779b1 | 0;
const M2 = Math.imul(M1, M1);
const M3 = Math.imul(M2, M1);
const M4 = Math.imul(M3, M1);
const M5 = Math.imul(M4, M1);
const M6 = Math.imul(M5, M1);
const M7 = Math.imul(M6, M1);
const M8 = Math.imul(M7, M1);

export class Generation {
  readonly words: Int32Array;
  readonly capacity_keys: number;
  /** Keys that set at least one bit. */
  keys = 0;
  private readonly shift: number;
  /** Written and never read: a loop without result would be optimised away. */
  touched = 0;

  /** @param log2Blocks 1 to 24 (128 bytes to 1 GiB) */
  constructor(readonly log2Blocks: number) {
    this.words = new Int32Array(Generation.sizeOf(log2Blocks) / 4);
    this.capacity_keys = 2 ** log2Blocks * KEYS_PER_BLOCK;
    this.shift = 32 - log2Blocks;
  }

  static sizeOf(log2Blocks: number): number {
    return 2 ** log2Blocks * BLOCK_BYTES;
  }

  get size_bytes(): number {
    return this.words.byteLength;
  }

  /** Sets the bitmap's bit of every row whose key may be in this generation. */
  markKnown(hashes: Uint32Array, rows: number, bitmap: Uint8Array): void {
    const { words, shift } = this;
    for (let row = 0; row < rows; row++) {
      const h = hashes[2 * row] | 0;
      const at = (hashes[2 * row + 1] >>> shift) << 4;
      // Two bits tell seven of eight new keys. Few instructions a row: the processor then waits for the memory of many rows at once.
      if ((wordOf(words, at, Math.imul(h, M1)) & wordOf(words, at, Math.imul(h, M2)) & 1) === 0) continue;
      let found = wordOf(words, at, Math.imul(h, M3)) & wordOf(words, at, Math.imul(h, M4));
      found &= wordOf(words, at, Math.imul(h, M5)) & wordOf(words, at, Math.imul(h, M6));
      found &= wordOf(words, at, Math.imul(h, M7)) & wordOf(words, at, Math.imul(h, M8));
      bitmap[row >>> 3] |= (found & 1) << (row & 7);
    }
  }

  /**
   * Marks as above and adds every row that no earlier generation marked, in row order: of a key that stands twice in
   * a batch the second is marked.
   */
  markKnownAndAdd(hashes: Uint32Array, rows: number, bitmap: Uint8Array): void {
    const { words, shift } = this;
    this.touch(hashes, rows);
    let added = 0;
    for (let row = 0; row < rows; row++) {
      if ((bitmap[row >>> 3] >>> (row & 7)) & 1) continue;
      const h = hashes[2 * row] | 0;
      const at = (hashes[2 * row + 1] >>> shift) << 4;
      let found = setBit(words, at, Math.imul(h, M1)) & setBit(words, at, Math.imul(h, M2));
      found &= setBit(words, at, Math.imul(h, M3)) & setBit(words, at, Math.imul(h, M4));
      found &= setBit(words, at, Math.imul(h, M5)) & setBit(words, at, Math.imul(h, M6));
      found &= setBit(words, at, Math.imul(h, M7)) & setBit(words, at, Math.imul(h, M8));
      bitmap[row >>> 3] |= (found & 1) << (row & 7);
      added += 1 - (found & 1);
    }
    this.keys += added;
  }

  /**
   * Brings the blocks of a batch into the cache. Setting bits takes so many instructions that the processor sees no more than
   * the next few rows ahead; here it waits for all of them at once.
   */
  private touch(hashes: Uint32Array, rows: number): void {
    const { words, shift } = this;
    let all = 0;
    for (let row = 0; row < rows; row++) all |= words[(hashes[2 * row + 1] >>> shift) << 4];
    this.touched = all;
  }
}

/** The word that holds the probe's bit, shifted so that the bit is the lowest. */
function wordOf(words: Int32Array, at: number, probe: number): number {
  return words[at + (probe >>> 28)] >>> ((probe >>> 23) & 31);
}

/** Sets the probe's bit; the lowest bit of the answer is what it was before. */
function setBit(words: Int32Array, at: number, probe: number): number {
  const index = at + (probe >>> 28);
  const bit = (probe >>> 23) & 31;
  const word = words[index];
  words[index] = word | (1 << bit);
  return word >>> bit;
}
