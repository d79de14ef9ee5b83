import { LIMITS } from '@millrace/contracts';

const SLOTS = 65_536;
/** Every record of a chunk distinct, and the default. */
const ENTRIES = LIMITS.chunk_records + 1;

/** Masks of the first 0 to 3 bytes of a word. */
const LOW_BYTES = Int32Array.of(0, 0xff, 0xffff, 0xffffff);

/** Gives equal values equal codes, counted from 0 in order of appearance: an open-addressing table over bytes, for one chunk. */
export class Interner {
  count = 0;
  /** What `start` and `end` of the entries index. Reads go up to 3 bytes past an entry's end. */
  view: DataView = new DataView(new ArrayBuffer(0));
  readonly start = new Uint32Array(ENTRIES);
  readonly end = new Uint32Array(ENTRIES);
  readonly #hashes = new Int32Array(ENTRIES);
  /** code + 1; 0 = free. */
  readonly #table = new Uint16Array(SLOTS);
  /** Table slots in use, so that clearing costs what filling did. */
  readonly #used = new Uint16Array(ENTRIES);

  begin(view: DataView): void {
    for (let code = 0; code < this.count; code++) this.#table[this.#used[code]] = 0;
    this.count = 0;
    this.view = view;
  }

  /** The code of the value at `start` to `end` of the view. */
  codeOf(start: number, end: number): number {
    const hash = hashOf(this.view, start, end);
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
    const view = this.view;
    let other = this.start[code];
    if (this.end[code] - other !== end - start) return false;
    let at = start;
    for (; at + 4 <= end; at += 4, other += 4) {
      if (view.getInt32(at, true) !== view.getInt32(other, true)) return false;
    }
    return at === end || ((view.getInt32(at, true) ^ view.getInt32(other, true)) & LOW_BYTES[end - at]) === 0;
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

/** Of every byte, as who chooses the values must not choose the collisions too easily; four at a time. */
function hashOf(view: DataView, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  if (at < end) {
    hash = Math.imul(hash ^ (view.getInt32(at, true) & LOW_BYTES[end - at]), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return Math.imul(hash, 0x85ebca6b) >>> 13;
}
