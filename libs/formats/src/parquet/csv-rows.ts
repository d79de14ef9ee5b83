import { LIMITS } from '@millrace/contracts';
import { COMMA, CR, isSpace, LF, QUOTE } from '../bytes.js';
import type { ValueText } from './value-text.js';

const HASH = 35;
const BLANK = 32;
/** For so many, copying one by one is faster than a view. */
const SHORT_BYTES = 64;

/**
 * Writes records as CSV of the plain dialect, in one way only: fields are quoted when they must be to be read back as they
 * are, an empty text is `""`, a missing value nothing. A record over the limit, which is one reject wherever it is read, is cut
 * off there, without line ends within, so that it is one line.
 */
export class CsvRows {
  /** What is written, up to `size`; who writes there by itself reserves room before. */
  bytes = Buffer.allocUnsafeSlow(64 * 1024);
  size = 0;
  private row_start = 0;
  private isRowBegin = true;

  /** Bytes of whole records that are there. */
  get length(): number {
    return this.row_start;
  }

  field(text: ValueText | null): void {
    if (this.beginField() && text !== null) this.value(text);
  }

  /** A field with any text. */
  textField(text: string): void {
    const bytes = Buffer.from(text);
    if (this.beginField()) this.text(bytes, 0, bytes.length);
  }

  /** @returns whether its value is to be written: not in a record that is over the limit */
  beginField(): boolean {
    if (this.isRowBegin) this.isRowBegin = false;
    else this.put(COMMA);
    return this.size - this.row_start <= LIMITS.record_bytes;
  }

  /** The value of the field that was begun. */
  value(text: ValueText): void {
    if (typeof text === 'string') {
      this.reserve(text.length);
      // It is short: checking the arguments of Buffer.write would take longer.
      for (let at = 0; at < text.length; at++) this.bytes[this.size + at] = text.charCodeAt(at);
      this.size += text.length;
    } else this.text(text.bytes, text.from, text.to);
  }

  /** The value of the field that was begun, of any bytes. */
  text(bytes: Uint8Array, from: number, to: number): void {
    if (wantsQuotesAround(bytes, from, to)) this.quote(bytes, from, to);
    else if (to - from > SHORT_BYTES) {
      if (hasMeaning(bytes, from, to)) this.quote(bytes, from, to);
      else this.append(bytes, from, to);
    } else if (!this.copyPlain(bytes, from, to)) this.quote(bytes, from, to);
  }

  /** Copies a short text unless it must be quoted: both in one pass. @returns whether it was copied */
  private copyPlain(bytes: Uint8Array, from: number, to: number): boolean {
    this.reserve(to - from);
    const into = this.bytes;
    let target = this.size;
    for (let at = from; at < to; at++) {
      const byte = bytes[at];
      if (byte <= COMMA && MEANS[byte] === 1) return false;
      into[target++] = byte;
    }
    this.size = target;
    return true;
  }

  endRow(): void {
    // A line without anything would be no record.
    if (this.size === this.row_start) {
      this.put(QUOTE);
      this.put(QUOTE);
    }
    this.put(LF);
    if (this.size - this.row_start > LIMITS.record_bytes) this.cutRow();
    this.row_start = this.size;
    this.isRowBegin = true;
  }

  /** Takes the records that are there. */
  take(): Buffer {
    const rows = Buffer.allocUnsafeSlow(this.row_start);
    this.bytes.copy(rows, 0, 0, this.row_start);
    this.size = 0;
    this.row_start = 0;
    return rows;
  }

  private cutRow(): void {
    this.size = this.row_start + LIMITS.record_bytes;
    for (let at = this.row_start; at < this.size; at++) {
      if (this.bytes[at] === LF || this.bytes[at] === CR) this.bytes[at] = BLANK;
    }
    this.put(LF);
  }

  private quote(bytes: Uint8Array, from: number, to: number): void {
    this.put(QUOTE);
    let begin = from;
    for (let at = from; at < to; at++) {
      if (bytes[at] !== QUOTE) continue;
      this.append(bytes, begin, at + 1);
      begin = at;
    }
    this.append(bytes, begin, to);
    this.put(QUOTE);
  }

  private put(byte: number): void {
    this.reserve(1);
    this.bytes[this.size++] = byte;
  }

  /** Bytes as they are. */
  append(bytes: Uint8Array, from: number, to: number): void {
    // What is beyond the limit is not kept.
    const end = Math.min(to, from + LIMITS.record_bytes + 1);
    this.reserve(end - from);
    if (end - from > SHORT_BYTES) this.bytes.set(bytes.subarray(from, end), this.size);
    else copyBytes(bytes, from, end, this.bytes, this.size);
    this.size += end - from;
  }

  /** Makes room for so many bytes behind `size`. */
  reserve(size: number): void {
    if (this.size + size <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.size + size));
    this.bytes.copy(larger, 0, 0, this.size);
    this.bytes = larger;
  }
}

function copyBytes(bytes: Uint8Array, from: number, to: number, into: Uint8Array, position: number): void {
  for (let at = from, target = position; at < to; at++, target++) into[target] = bytes[at];
}

/** 1 of the bytes that mean something in CSV wherever they stand. */
const MEANS = new Uint8Array(COMMA + 1);
for (const byte of [COMMA, QUOTE, LF, CR]) MEANS[byte] = 1;

function hasMeaning(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] <= COMMA && MEANS[bytes[at]] === 1) return true;
  return false;
}

/** For how it begins or ends. */
function wantsQuotesAround(bytes: Uint8Array, from: number, to: number): boolean {
  return from === to || bytes[from] === HASH || isSpace(bytes[from]) || isSpace(bytes[to - 1]);
}
