import { LIMITS } from '@millrace/contracts';

const SLOTS = 65_536;
/** Every record of a chunk distinct, and the default. */
const ENTRIES = LIMITS.chunk_records + 1;

/** Gives equal values equal codes, counted from 0 in order of appearance: an open-addressing table over bytes, for one chunk. */
export class Interner {
  count = 0;
  /** The bytes that `start` and `end` of the entries index. */
  bytes: Uint8Array = new Uint8Array(0);
  readonly start = new Uint32Array(ENTRIES);
  readonly end = new Uint32Array(ENTRIES);
  readonly #hashes = new Int32Array(ENTRIES);
  /** code + 1; 0 = free. */
  readonly #table = new Uint16Array(SLOTS);
  /** Table slots in use, so that clearing costs what filling did. */
  readonly #used = new Uint16Array(ENTRIES);

  begin(bytes: Uint8Array): void {
    for (let code = 0; code < this.count; code++) this.#table[this.#used[code]] = 0;
    this.count = 0;
    this.bytes = bytes;
  }

  /** The code of `bytes[start .. end)`. */
  codeOf(start: number, end: number): number {
    const bytes = this.bytes;
    let hash = end - start;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193);
    hash ^= hash >>> 15;
    const table = this.#table;
    let slot = hash & (SLOTS - 1);
    for (;;) {
      const code = table[slot] - 1;
      if (code < 0) return this.#add(slot, hash, start, end);
      if (this.#hashes[code] === hash && this.#equals(code, start, end)) return code;
      slot = (slot + 1) & (SLOTS - 1);
    }
  }

  #equals(code: number, start: number, end: number): boolean {
    const bytes = this.bytes;
    let other = this.start[code];
    if (this.end[code] - other !== end - start) return false;
    for (let at = start; at < end; at++) if (bytes[at] !== bytes[other++]) return false;
    return true;
  }

  #add(slot: number, hash: number, start: number, end: number): number {
    const code = this.count++;
    this.#table[slot] = code + 1;
    this.#used[code] = slot;
    this.#hashes[code] = hash;
    this.start[code] = start;
    this.end[code] = end;
    return code;
  }
}
