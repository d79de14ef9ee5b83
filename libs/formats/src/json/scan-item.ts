import { LIMITS } from '@millrace/contracts';
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isSpace,
  LF,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  SPACE,
} from '../bytes.js';
import { ItemEdges } from './item-edges.js';

/** Nesting that is followed to find where an item ends; what nests deeper than JSON_DEPTH is refused anyway. */
const FOLLOWED_DEPTH = 1024;

/** No record is longer: an item that is, and has not ended, ends at the first place that is at all plausible. */
const LONG_BYTES = LIMITS.record_bytes;

/**
 * Where in an item the scan is: before it; behind a bracket that may close the array; within an object or array, where that
 * needs a value, a name, a colon, or what stands behind a value, or within a word or a string; within what is no object or
 * array; behind a fault, on to where the next item begins; behind the end of the array.
 */
const PLACE = {
  lead: 0,
  closing: 1,
  value: 2,
  name: 3,
  colon: 4,
  after: 5,
  word: 6,
  string: 7,
  escape: 8,
  bare: 9,
  bare_string: 10,
  bare_escape: 11,
  broken: 12,
  garbage: 13,
} as const;
type Place = (typeof PLACE)[keyof typeof PLACE];

/**
 * Finds where one item of a JSON text ends, byte by byte and over any number of windows, whatever the bytes are. An item is
 * what separates it from the one before (blanks, commas) and a value, or something that should be one. What is no object or
 * array ends at a comma, bracket or line end; an object or array that is broken, or has no end, ends where the next one
 * plausibly begins (ItemEdges), so that one fault never costs the rest of the text.
 */
export class ItemScan {
  /** Distance from the item's begin to its end, once known. */
  end = -1;
  /** Whether it is the end of the array, or of the text, and holds no value. */
  isEmpty = false;
  private place: Place = PLACE.lead;
  private at = 0;
  private depth = 0;
  private isOpened = false;
  private isName = false;
  private readonly closers = new Uint8Array(FOLLOWED_DEPTH);
  private readonly edges: ItemEdges;

  /** @param inArray whether a `]` ends the items @param isLineBegin whether the item begins a line */
  constructor(
    private readonly inArray: boolean,
    isLineBegin: boolean,
  ) {
    this.edges = new ItemEdges(isLineBegin);
  }

  /** Whether there were only blanks and commas so far. */
  get isLeading(): boolean {
    return this.place === PLACE.lead;
  }

  /** Takes the next bytes of the text. @returns whether `end` is known now */
  take(bytes: Uint8Array, from: number, to: number): boolean {
    for (let at = from; at < to && this.end < 0; at++) {
      this.takeByte(bytes[at]);
      this.at++;
    }
    return this.end >= 0;
  }

  /** The text ends here. */
  finish(): void {
    if (this.end >= 0) return;
    this.isEmpty = this.place === PLACE.lead || this.place === PLACE.closing;
    const isWithin = this.place >= PLACE.value && this.place <= PLACE.escape;
    this.end = isWithin && this.edges.first > 0 ? this.edges.first : this.at;
  }

  private takeByte(byte: number): void {
    const { place } = this;
    if (place === PLACE.lead) {
      if (isSpace(byte) || byte === COMMA) this.edges.passLead(byte);
      else this.begin(byte);
      return;
    }
    if (place === PLACE.garbage) return;
    if (place === PLACE.closing) this.takeClosing(byte);
    else if (place === PLACE.bare || place === PLACE.bare_string || place === PLACE.bare_escape) this.takeBare(byte);
    else {
      if (place !== PLACE.broken && !this.takeNested(byte)) this.place = PLACE.broken;
      if (this.end < 0) this.takeEdge(byte);
    }
  }

  private begin(byte: number): void {
    this.edges.begin();
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.open(byte);
    else if (byte === CLOSE_BRACKET && this.inArray) this.place = PLACE.closing;
    else this.place = byte === QUOTE ? PLACE.bare_string : PLACE.bare;
  }

  /** Behind the array's end nothing may stand; a bracket that something else of JSON follows is left of a broken item. */
  private takeClosing(byte: number): void {
    if (isSpace(byte)) return;
    this.place = byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET ? PLACE.bare : PLACE.garbage;
  }

  private takeBare(byte: number): void {
    if (byte === LF) this.end = this.at;
    else if (this.place === PLACE.bare_escape) this.place = PLACE.bare_string;
    else if (this.place === PLACE.bare_string) {
      if (byte === QUOTE) this.place = PLACE.bare;
      else if (byte === BACKSLASH) this.place = PLACE.bare_escape;
    } else if (byte === COMMA || (byte === CLOSE_BRACKET && this.inArray)) this.end = this.at;
    else if (byte === QUOTE) this.place = PLACE.bare_string;
  }

  private takeEdge(byte: number): void {
    const isBroken = this.place === PLACE.broken;
    const isLong = this.at >= LONG_BYTES;
    const found = this.edges.pass(byte, this.at, isBroken && isLong);
    if (isBroken) this.end = Math.max(this.edges.first, found);
    else if (isLong) this.end = this.edges.first;
  }

  /** @returns false when JSON cannot go on like this */
  private takeNested(byte: number): boolean {
    switch (this.place) {
      case PLACE.string:
        if (byte === BACKSLASH) this.place = PLACE.escape;
        else if (byte === QUOTE) this.place = this.isName ? PLACE.colon : PLACE.after;
        return byte >= SPACE;
      case PLACE.escape:
        this.place = PLACE.string;
        return byte >= SPACE;
      case PLACE.word:
        if (isWordByte(byte)) return true;
        this.place = PLACE.after;
        return this.takeNested(byte);
    }
    if (isSpace(byte)) return true;
    switch (this.place) {
      case PLACE.value:
        return this.takeValue(byte);
      case PLACE.name:
        if (byte !== QUOTE) return this.isOpened && byte === CLOSE_BRACE && this.close(byte);
        this.place = PLACE.string;
        this.isName = true;
        return true;
      case PLACE.colon:
        this.place = PLACE.value;
        this.isOpened = false;
        return byte === COLON;
      default:
        if (byte !== COMMA) return this.close(byte);
        this.isOpened = false;
        this.place = this.closers[this.depth - 1] === CLOSE_BRACE ? PLACE.name : PLACE.value;
        return true;
    }
  }

  private takeValue(byte: number): boolean {
    if (byte === QUOTE) {
      this.place = PLACE.string;
      this.isName = false;
      return true;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return this.open(byte);
    if (this.isOpened && byte === CLOSE_BRACKET) return this.close(byte);
    this.place = PLACE.word;
    return isWordByte(byte);
  }

  private open(byte: number): boolean {
    if (this.depth === FOLLOWED_DEPTH) return false;
    this.closers[this.depth++] = byte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
    this.place = byte === OPEN_BRACE ? PLACE.name : PLACE.value;
    this.isOpened = true;
    return true;
  }

  private close(byte: number): boolean {
    if (byte !== this.closers[this.depth - 1]) return false;
    this.depth--;
    this.place = PLACE.after;
    if (this.depth === 0) this.end = this.at + 1;
    return true;
  }
}

/** Bytes of numbers and of true, false and null. */
function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  );
}
