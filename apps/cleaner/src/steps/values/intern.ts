import { LIMITS } from '@millrace/contracts';

const SLOTS = 65_536;
/** Every record of a chunk distinct, and the default. */
const ENTRIES = LIMITS.chunk_records + 1;

/** Masks of the first 0 to 3 bytes of a word. */
const LOW_BYTES = Int32Array.of(0, 0xff, 0xffff, 0xffffff);

/** The values of some rows: of row `r` those at `start[offset + r]` to `end[offset + r]`. */
export interface ValueRows {
  start: Uint32Array;
  end: Uint32Array;
  offset: number;
  count: number;
  /** Rows that are not 0 here are passed over. */
  skip: Uint8Array;
  /** Values with fewer bytes, or with more, are left out. */
  least_bytes: number;
  most_bytes: number;
}

/** One value as rows. */
const one: ValueRows = {
  start: new Uint32Array(1),
  end: new Uint32Array(1),
  offset: 0,
  count: 1,
  skip: new Uint8Array(1),
  least_bytes: 0,
  most_bytes: Number.POSITIVE_INFINITY,
};
const one_code = new Uint16Array(1);
const none_left = new Uint16Array(1);

/** Gives equal values equal codes, counted from 0 in order of appearance: an open-addressing table over bytes, for one chunk. */
export class Interner {
  count = 0;
  /** What `start` and `end` of the entries index. Reads go up to 4 bytes past an entry's begin, whatever its size. */
  view: DataView = new DataView(new ArrayBuffer(0));
  readonly start = new Uint32Array(ENTRIES);
  readonly end = new Uint32Array(ENTRIES);
  /** By code: the size of the value, its first four bytes, and its last four (0 for a shorter one). Up to 8 bytes, these are all of it. */
  readonly #sizes = new Int32Array(ENTRIES);
  readonly #firsts = new Int32Array(ENTRIES);
  readonly #lasts = new Int32Array(ENTRIES);
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
    one.start[0] = start;
    one.end[0] = end;
    this.codesOf(one, one_code, none_left);
    return one_code[0];
  }

  /**
   * Sets the codes of the values of many rows: one loop that calls nothing, so that V8 need not look everything up anew for each row.
   * @param left gets the rows that were left out @returns how many these are
   */
  codesOf(rows: ValueRows, codes: Uint16Array, left: Uint16Array): number {
    const { start, end, offset, count, skip, least_bytes, most_bytes } = rows;
    const view = this.view;
    const table = this.#table;
    const [sizes, firsts, lasts, used] = [this.#sizes, this.#firsts, this.#lasts, this.#used];
    const [entry_start, entry_end] = [this.start, this.end];
    let entries = this.count;
    let lefts = 0;
    for (let row = 0; row < count; row++) {
      if (skip[row] !== 0) continue;
      const from = start[offset + row];
      const to = end[offset + row];
      const size = to - from;
      if (size < least_bytes || size > most_bytes) {
        left[lefts++] = row;
        continue;
      }
      let first = view.getInt32(from, true);
      let last = 0;
      if (size < 4) first &= LOW_BYTES[size];
      else last = view.getInt32(to - 4, true);
      // Of every byte, as who chooses the values must not choose the collisions too easily; four at a time.
      let hash = Math.imul(size ^ first, 0x9e3779b1);
      hash ^= hash >>> 15;
      for (let at = from + 4; at < to - 4; at += 4) {
        hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
        hash ^= hash >>> 15;
      }
      hash = Math.imul(hash ^ last, 0x9e3779b1);
      hash ^= hash >>> 15;
      let slot = (Math.imul(hash, 0x85ebca6b) >>> 13) & (SLOTS - 1);
      let code = table[slot] - 1;
      for (; code >= 0; slot = (slot + 1) & (SLOTS - 1), code = table[slot] - 1) {
        if (firsts[code] !== first || lasts[code] !== last || sizes[code] !== size) continue;
        let at = from + 4;
        let other = entry_start[code] + 4;
        while (at < to - 4 && view.getInt32(at, true) === view.getInt32(other, true)) {
          at += 4;
          other += 4;
        }
        if (at >= to - 4) break;
      }
      if (code < 0) {
        code = entries++;
        table[slot] = code + 1;
        used[code] = slot;
        sizes[code] = size;
        firsts[code] = first;
        lasts[code] = last;
        entry_start[code] = from;
        entry_end[code] = to;
      }
      codes[row] = code;
    }
    this.count = entries;
    return lefts;
  }
}
