import {
  BACKSLASH,
  CLOSE_BRACE,
  COLON,
  COMMA,
  isSpace,
  LETTER_N,
  MINUS,
  NINE,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  SPACE,
  ZERO,
} from '../bytes.js';
import { hashByte, MemberNames, NAME_SEED, type Naming, RANK_BITS, UNWANTED } from './member-names.js';
import { PLAIN_NUMBER_BYTES, writePlainNumber } from './plain-number.js';
import { closingQuote, SENTINEL, skipDecimal, skipExponent, skipNested, skipSpace, skipWord } from './skip.js';
import { unescaped, unescapeString } from './unescape.js';

/** Where a scanner reads and writes: libs/csv's Records is one. */
export interface JsonSpans {
  /** The objects' bytes, and behind them room for values that must be unescaped: no more than the objects take. */
  bytes: Buffer;
  /** Where in `bytes` that room begins. */
  spare: number;
  /** The value of slot `s` in row `r` is `bytes[start[s * stride + r] .. end[s * stride + r])`. */
  start: Uint32Array;
  end: Uint32Array;
  /** Set when an escape gave what no text column can store: NUL, or half a surrogate pair. */
  dirty: boolean;
}

/** Rank of a slot that no member of this object has claimed yet. */
const UNCLAIMED = 0xffff;

export interface JsonScanOptions {
  /** What members are called as is turned into what they are looked for as. Default: they are looked for as they are called. */
  naming?: Naming | null;
  /** Whether blanks around strings are left out. Default true. */
  trim?: boolean;
  /** Slots whose values are left as they are written: strings with quotes and escapes, numbers with exponents. Default none. */
  raw?: readonly boolean[];
}

/**
 * Finds the values of wanted members in JSON objects, as offsets only.
 *
 * It takes exactly the objects that JSON.parse takes, save those that nest deeper than JSON_DEPTH. A slot's value is that of the
 * member whose name fits best (MemberNames), mostly the one with exactly its name, else of the first name that differs in case
 * only; of equal names the last one counts. No member, and null, is an empty value. Strings are unescaped; numbers and booleans
 * stand as they are written, but a number with an exponent is written out when that takes at most PLAIN_NUMBER_BYTES; arrays
 * and objects stand as they are written. All are trimmed of blanks.
 */
export class JsonObjectScanner {
  readonly #names: MemberNames;
  readonly #stride: number;
  readonly #trims: boolean;
  /** By slot; null = none is raw. */
  readonly #raw: readonly boolean[] | null;
  /** Rank of the name by which a slot was claimed, and that name. */
  readonly #claims: Uint16Array;
  readonly #claim_from: Uint32Array;
  readonly #claim_to: Uint32Array;
  /** Pairs: an entry of `start` and the number with an exponent that it led to. */
  readonly #exponents: number[] = [];
  #slot = UNWANTED;

  /** @param wanted for each slot its name, or its names in order of preference @param stride entries a slot */
  constructor(
    wanted: readonly (string | readonly string[])[],
    stride: number,
    { naming = null, trim = true, raw = [] }: JsonScanOptions = {},
  ) {
    this.#names = new MemberNames(wanted, naming);
    this.#trims = trim;
    this.#raw = raw.includes(true) ? raw : null;
    this.#stride = stride;
    this.#claims = new Uint16Array(wanted.length);
    this.#claim_from = new Uint32Array(wanted.length);
    this.#claim_to = new Uint32Array(wanted.length);
  }

  /** Before the first object of some bytes. */
  begin(): void {
    this.#names.begin();
    this.#exponents.length = 0;
  }

  /**
   * Reads the object that `bytes[from .. to)` must be, white space around it aside, as row `row`. `bytes[to]` is overwritten.
   * @returns false when it is none; the row's slots are then not to be read
   */
  scan(into: JsonSpans, from: number, to: number, row: number): boolean {
    const { bytes } = into;
    bytes[to] = SENTINEL;
    for (let slot = 0; slot < this.#claims.length; slot++) {
      const entry = slot * this.#stride + row;
      into.start[entry] = 0;
      into.end[entry] = 0;
      this.#claims[slot] = UNCLAIMED;
    }
    let at = skipSpace(bytes, from);
    if (bytes[at] !== OPEN_BRACE) return false;
    at = skipSpace(bytes, at + 1);
    if (bytes[at] !== CLOSE_BRACE) at = this.#scanMembers(into, at, row);
    return at >= 0 && skipSpace(bytes, at + 1) === to;
  }

  /** Answers the position of the closing brace. */
  #scanMembers(into: JsonSpans, from: number, row: number): number {
    const { bytes } = into;
    for (let at = from; ; at++) {
      at = this.#scanName(into, skipSpace(bytes, at));
      if (at < 0) return -1;
      at = skipSpace(bytes, at);
      if (bytes[at] !== COLON) return -1;
      const entry = this.#slot === UNWANTED ? UNWANTED : this.#slot * this.#stride + row;
      at = this.#scanValue(into, skipSpace(bytes, at + 1), entry);
      if (at < 0) return -1;
      at = skipSpace(bytes, at);
      if (bytes[at] === CLOSE_BRACE) return at;
      if (bytes[at] !== COMMA) return -1;
    }
  }

  /** Sets `#slot` to the slot that takes the value of the member whose name begins at `at`; answers where the name ends. */
  #scanName(into: JsonSpans, at: number): number {
    const { bytes } = into;
    if (bytes[at] !== QUOTE) return -1;
    const from = at + 1;
    let hash = NAME_SEED;
    let close = from;
    let byte = bytes[close];
    while (byte !== QUOTE && byte !== BACKSLASH && byte >= SPACE) {
      hash = hashByte(hash, byte);
      byte = bytes[++close];
    }
    if (byte === QUOTE) {
      this.#claim(bytes, from, close, hash);
      return close + 1;
    }
    close = closingQuote(bytes, close);
    if (close < 0) return -1;
    const plain = into.spare;
    unescapeString(bytes, from, close, plain);
    into.spare = unescaped.end;
    hash = NAME_SEED;
    for (let next = plain; next < into.spare; next++) hash = hashByte(hash, bytes[next]);
    this.#claim(bytes, plain, into.spare, hash);
    return close + 1;
  }

  #claim(bytes: Buffer, from: number, to: number, hash: number): void {
    const found = this.#names.find(bytes, from, to, hash);
    this.#slot = UNWANTED;
    if (found === UNWANTED) return;
    const slot = found & ((1 << RANK_BITS) - 1);
    const rank = found >>> RANK_BITS;
    const claimed = this.#claims[slot];
    if (rank > claimed) return;
    if (rank === claimed) {
      // Another name that fits as well came first.
      if (bytes.compare(bytes, this.#claim_from[slot], this.#claim_to[slot], from, to) !== 0) return;
    } else {
      this.#claims[slot] = rank;
      this.#claim_from[slot] = from;
      this.#claim_to[slot] = to;
    }
    this.#slot = slot;
  }

  /** Checks the value at `at`, and sets `entry` to it unless that is UNWANTED; answers where the value ends. */
  #scanValue(into: JsonSpans, at: number, entry: number): number {
    const { bytes } = into;
    const byte = bytes[at];
    if (byte === QUOTE) return this.#scanString(into, at + 1, entry);
    if (byte === MINUS || (byte >= ZERO && byte <= NINE)) {
      const plain_end = skipDecimal(bytes, at);
      if (plain_end < 0) return -1;
      const end = skipExponent(bytes, plain_end);
      if (entry === UNWANTED || end < 0) return end;
      if (end !== plain_end && !this.#isRaw()) this.#exponents.push(entry, at);
      into.start[entry] = at;
      into.end[entry] = end;
      return end;
    }
    const nested = byte === OPEN_BRACE || byte === OPEN_BRACKET;
    const end = nested ? skipNested(bytes, at, 1) : skipWord(bytes, at);
    if (entry === UNWANTED || end < 0) return end;
    into.start[entry] = at;
    into.end[entry] = byte === LETTER_N ? at : end;
    return end;
  }

  /** Whether the member at work is for a slot that takes it as it is written. */
  #isRaw(): boolean {
    return this.#raw?.[this.#slot] === true;
  }

  #scanString(into: JsonSpans, begin: number, entry: number): number {
    const { bytes } = into;
    let from = begin;
    let close = begin;
    let byte = bytes[close];
    while (byte !== QUOTE && byte !== BACKSLASH && byte >= SPACE) byte = bytes[++close];
    let to = close;
    if (byte !== QUOTE) {
      close = closingQuote(bytes, close);
      if (close < 0) return -1;
      if (entry !== UNWANTED && !this.#isRaw()) {
        from = into.spare;
        unescapeString(bytes, begin, close, from);
        to = unescaped.end;
        into.spare = to;
        into.dirty ||= unescaped.dirty;
      }
    }
    if (entry !== UNWANTED && this.#isRaw()) {
      into.start[entry] = begin - 1;
      into.end[entry] = close + 1;
    } else if (entry !== UNWANTED) {
      if (this.#trims) {
        while (from < to && bytes[from] <= SPACE && isSpace(bytes[from])) from++;
        while (from < to && bytes[to - 1] <= SPACE && isSpace(bytes[to - 1])) to--;
      }
      into.start[entry] = from;
      into.end[entry] = to;
    }
    return close + 1;
  }

  /** Room that `finish` may take behind `spare`. */
  get finish_bytes(): number {
    return (this.#exponents.length / 2) * PLAIN_NUMBER_BYTES;
  }

  /** Behind the last object: writes numbers with exponents out. `bytes` may have been replaced by larger ones since. */
  finish(into: JsonSpans): void {
    for (let index = 0; index < this.#exponents.length; index += 2) {
      const entry = this.#exponents[index];
      const from = this.#exponents[index + 1];
      // A later member of the same name has replaced it.
      if (into.start[entry] !== from) continue;
      const end = writePlainNumber(into.bytes, from, into.end[entry], into.spare);
      if (end < 0) continue;
      into.start[entry] = into.spare;
      into.end[entry] = end;
      into.spare = end;
    }
  }
}
