import { LIMITS } from '@millrace/contracts';
import { COMMA, CR, isSpace, LF, QUOTE } from '../bytes.js';
import { ByteSpan } from './decode-values.js';
import type { ValueText } from './value-text.js';

const HASH = 35;
const BLANK = 32;
/** For so many, copying one by one is faster than a view. */
const SHORT_BYTES = 48;

/**
 * Writes records as CSV of the plain dialect, in one way only: fields are quoted when they must be to be read back as they
 * are, an empty text is `""`, a missing value nothing. A record over the limit, which is one reject wherever it is read, is cut
 * off there, without line ends within, so that it is one line.
 */
export class CsvRows {
  private bytes = Buffer.allocUnsafeSlow(64 * 1024);
  private size = 0;
  private row_start = 0;
  private isRowBegin = true;

  /** Bytes of whole records that are there. */
  get length(): number {
    return this.row_start;
  }

  field(text: ValueText | null): void {
    if (!this.isRowBegin) this.put(COMMA);
    this.isRowBegin = false;
    if (text === null || this.isOver) return;
    if (typeof text === 'string') {
      this.reserve(text.length);
      this.size += this.bytes.write(text, this.size, 'latin1');
    } else if (needsQuotes(text)) this.quote(text.view);
    else this.append(text.bytes, text.from, text.to);
  }

  /** A field with any text. */
  textField(text: string): void {
    const bytes = Buffer.from(text);
    this.field(new ByteSpan(bytes, 0, bytes.length));
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
    const rows = Buffer.from(this.bytes.subarray(0, this.row_start));
    this.size = 0;
    this.row_start = 0;
    return rows;
  }

  private get isOver(): boolean {
    return this.size - this.row_start > LIMITS.record_bytes;
  }

  private cutRow(): void {
    this.size = this.row_start + LIMITS.record_bytes;
    for (let at = this.row_start; at < this.size; at++) {
      if (this.bytes[at] === LF || this.bytes[at] === CR) this.bytes[at] = BLANK;
    }
    this.put(LF);
  }

  private quote(bytes: Buffer): void {
    this.put(QUOTE);
    let from = 0;
    for (let at = bytes.indexOf(QUOTE); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
      this.append(bytes, from, at + 1);
      from = at;
    }
    this.append(bytes, from, bytes.length);
    this.put(QUOTE);
  }

  private put(byte: number): void {
    this.reserve(1);
    this.bytes[this.size++] = byte;
  }

  private append(bytes: Uint8Array, from: number, to: number): void {
    // What is beyond the limit is not kept.
    const end = Math.min(to, from + LIMITS.record_bytes + 1);
    this.reserve(end - from);
    if (end - from > SHORT_BYTES) this.bytes.set(bytes.subarray(from, end), this.size);
    else for (let at = from; at < end; at++) this.bytes[this.size + at - from] = bytes[at];
    this.size += end - from;
  }

  private reserve(size: number): void {
    if (this.size + size <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.size + size));
    this.bytes.copy(larger, 0, 0, this.size);
    this.bytes = larger;
  }
}

function needsQuotes({ bytes, from, to }: ByteSpan): boolean {
  if (from === to || bytes[from] === HASH || isSpace(bytes[from]) || isSpace(bytes[to - 1])) return true;
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte <= COMMA && (byte === COMMA || byte === QUOTE || byte === LF || byte === CR)) return true;
  }
  return false;
}
