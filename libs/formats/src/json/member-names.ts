/** What `find` answers for a member that no slot wants. */
export const UNWANTED = -1;
/** `find` answers a slot, and behind so many bits how well the name fits: 0 is best. */
export const RANK_BITS = 16;

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

/** What a source calls its members is turned into what they are looked for as. */
export type Naming = (name: string) => string;

/**
 * Which slot wants a member name, by its names in order of preference: each as the member is called after `naming` and as it stands,
 * and then all of them without regard to case. Names are compared as bytes; one that was not met before is resolved as
 * text once, and remembered.
 */
export class MemberNames {
  /** By name: slot and rank. */
  readonly #exact = new Map<string, number>();
  readonly #folded = new Map<string, number>();
  readonly #naming: Naming | null;
  /** Index of a name + 1; 0 = free. Open addressing. */
  readonly #table = new Uint16Array(TABLE);
  readonly #bytes = new Uint8Array(MOST_BYTES);
  readonly #ends = new Uint32Array(MOST_NAMES + 1);
  readonly #hashes = new Int32Array(MOST_NAMES);
  readonly #answers = new Int32Array(MOST_NAMES);
  #count = 0;

  /** @param wanted for each slot its names; of two slots that want one name, the first gets it */
  constructor(wanted: readonly (string | readonly string[])[], naming: Naming | null = null) {
    this.#naming = naming;
    wanted.forEach((names, slot) => {
      const all = typeof names === 'string' ? [names] : names;
      all.forEach((name, preference) => {
        addNew(this.#exact, name, slot | ((2 * preference) << RANK_BITS));
        addNew(this.#folded, name.toLowerCase(), slot | ((2 * all.length + preference) << RANK_BITS));
      });
    });
    this.#learnWanted();
  }

  /** Forgets unwanted names when there is no room for more. Answers do not change by it. */
  begin(): void {
    if (this.#count < MOST_NAMES / 2 && this.#ends[this.#count] < MOST_BYTES / 2) return;
    this.#table.fill(0);
    this.#count = 0;
    this.#learnWanted();
  }

  /** @param hash of the bytes `[from .. to)` by `hashByte` @returns UNWANTED, or slot and rank */
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
    const answer = this.#answerFor(bytes.toString('utf8', from, to));
    this.#learn(bytes.subarray(from, to), hash, answer);
    return answer;
  }

  #answerFor(name: string): number {
    const named = this.#naming === null ? name : this.#naming(name);
    const exact = this.#exact.get(named);
    if (exact !== undefined) return exact;
    const as_it_stands = this.#exact.get(name);
    if (as_it_stands !== undefined) return as_it_stands + (1 << RANK_BITS);
    return this.#folded.get(named.toLowerCase()) ?? UNWANTED;
  }

  #learnWanted(): void {
    for (const name of this.#exact.keys()) {
      const bytes = Buffer.from(name);
      this.#learn(bytes, bytes.reduce(hashByte, NAME_SEED), this.#answerFor(name));
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

function addNew(answers: Map<string, number>, name: string, answer: number): void {
  if (!answers.has(name)) answers.set(name, answer);
}
