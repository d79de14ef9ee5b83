/** What `find` answers for a member that no slot wants. */
export const UNWANTED = -1;
/** Set in what `find` answers for a name that differs from the wanted one in case. */
export const FOLDED = 0x10000;

/** Names that differ from the wanted ones are remembered up to here, so that whoever writes them cannot take memory. */
const MOST_NAMES = 1024;
const MOST_BYTES = 64 * 1024;
const TABLE = 4096;

const PRIME = 0x01000193;
export const NAME_SEED = 0x811c9dc5 | 0;

/** One step of a name's hash, so that it costs nothing beside the search for the closing quote. */
export function hashByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, PRIME);
}

/**
 * Which slot wants a member name: exact names first, else without regard to case. Names are compared as bytes; one that
 * was not met before is resolved as text once, and remembered.
 */
export class MemberNames {
  readonly #exact: Map<string, number>;
  readonly #folded: Map<string, number>;
  /** Index of a name + 1; 0 = free. Open addressing. */
  readonly #table = new Uint16Array(TABLE);
  readonly #bytes = new Uint8Array(MOST_BYTES);
  readonly #ends = new Uint32Array(MOST_NAMES + 1);
  readonly #hashes = new Int32Array(MOST_NAMES);
  readonly #answers = new Int32Array(MOST_NAMES);
  #count = 0;

  /** @param wanted the slots' names, distinct also without regard to case */
  constructor(wanted: readonly string[]) {
    this.#exact = new Map(wanted.map((name, slot) => [name, slot]));
    this.#folded = new Map(wanted.map((name, slot) => [name.toLowerCase(), slot]));
    this.#learnWanted();
  }

  /** Forgets unwanted names when there is no room for more. Answers do not change by it. */
  begin(): void {
    if (this.#count < MOST_NAMES / 2 && this.#ends[this.#count] < MOST_BYTES / 2) return;
    this.#table.fill(0);
    this.#count = 0;
    this.#learnWanted();
  }

  /** @param hash of the bytes `[from .. to)` by `hashByte` @returns UNWANTED, or the slot, with FOLDED when only case fits */
  find(bytes: Buffer, from: number, to: number, hash: number): number {
    for (let place = placeOf(hash); ; place = (place + 1) & (TABLE - 1)) {
      const index = this.#table[place] - 1;
      if (index < 0) return this.#resolve(bytes, from, to, hash);
      if (this.#hashes[index] === hash && this.#equals(index, bytes, from, to)) return this.#answers[index];
    }
  }

  #equals(index: number, bytes: Buffer, from: number, to: number): boolean {
    const known = this.#bytes;
    const begin = this.#ends[index];
    const size = to - from;
    if (this.#ends[index + 1] - begin !== size) return false;
    for (let at = 0; at < size; at++) if (known[begin + at] !== bytes[from + at]) return false;
    return true;
  }

  #resolve(bytes: Buffer, from: number, to: number, hash: number): number {
    const name = bytes.toString('utf8', from, to);
    const exact = this.#exact.get(name);
    const folded = exact ?? this.#folded.get(name.toLowerCase());
    const answer = folded === undefined ? UNWANTED : exact === undefined ? folded | FOLDED : folded;
    this.#learn(bytes.subarray(from, to), hash, answer);
    return answer;
  }

  #learnWanted(): void {
    for (const [name, slot] of this.#exact) {
      const bytes = Buffer.from(name);
      this.#learn(bytes, bytes.reduce(hashByte, NAME_SEED), slot);
    }
  }

  #learn(name: Uint8Array, hash: number, answer: number): void {
    const begin = this.#ends[this.#count];
    if (this.#count === MOST_NAMES || begin + name.length > MOST_BYTES) return;
    this.#bytes.set(name, begin);
    this.#ends[this.#count + 1] = begin + name.length;
    this.#hashes[this.#count] = hash;
    this.#answers[this.#count] = answer;
    let place = placeOf(hash);
    while (this.#table[place] !== 0) place = (place + 1) & (TABLE - 1);
    this.#table[place] = ++this.#count;
  }
}

function placeOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (TABLE - 1);
}
