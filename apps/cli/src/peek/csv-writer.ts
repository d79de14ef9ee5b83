import { isUtf8 } from 'node:buffer';

const COMMA = 44;
const QUOTE = 34;
const LF = 10;
const CR = 13;
/** Fewer bytes are faster copied one by one. */
const COPIED_BYTES = 32;
const START_BYTES = 256 * 1024;

/** Canonical CSV as bytes: UTF-8, commas, LF, quotes only where they must be. Rows gather until they are taken. */
export class CsvWriter {
  private bytes = Buffer.allocUnsafe(START_BYTES);
  private size = 0;
  private fields = 0;
  private row_start = 0;
  /** Values that were no UTF-8, and were written with U+FFFD. */
  repaired = 0;

  get length(): number {
    return this.size;
  }

  /** Adds the field `source[from .. end)` to the row. @param dirty whether it may be invalid UTF-8 */
  field(source: Buffer, from: number, end: number, dirty: boolean): void {
    if (dirty && !isUtf8(source.subarray(from, end))) {
      this.repaired++;
      this.text(source.toString('utf8', from, end));
      return;
    }
    this.reserve(2 * (end - from) + 4);
    if (this.fields++ > 0) this.bytes[this.size++] = COMMA;
    let at = from;
    while (at < end && !mustBeQuoted(source[at])) at++;
    if (at < end) this.quoted(source, from, end);
    else if (end - from >= COPIED_BYTES) this.size += source.copy(this.bytes, this.size, from, end);
    else for (let byte = from; byte < end; byte++) this.bytes[this.size++] = source[byte];
  }

  text(field: string): void {
    const bytes = Buffer.from(field);
    this.field(bytes, 0, bytes.length, false);
  }

  /** An only field that is empty is quoted: an empty line would be no row. */
  endRow(): void {
    this.reserve(3);
    if (this.fields === 1 && this.size === this.row_start) {
      this.bytes[this.size++] = QUOTE;
      this.bytes[this.size++] = QUOTE;
    }
    this.bytes[this.size++] = LF;
    this.fields = 0;
    this.row_start = this.size;
  }

  row(fields: readonly string[]): void {
    for (const field of fields) this.text(field);
    this.endRow();
  }

  /** The rows so far; the writer is empty then, and never touches these bytes again. */
  take(): Buffer {
    const taken = Buffer.from(this.bytes.subarray(0, this.size));
    this.size = 0;
    this.row_start = 0;
    return taken;
  }

  private quoted(source: Buffer, from: number, end: number): void {
    const { bytes } = this;
    let to = this.size;
    bytes[to++] = QUOTE;
    for (let at = from; at < end; at++) {
      if (source[at] === QUOTE) bytes[to++] = QUOTE;
      bytes[to++] = source[at];
    }
    bytes[to++] = QUOTE;
    this.size = to;
  }

  private reserve(more: number): void {
    if (this.size + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.bytes.length, this.size + more));
    this.bytes.copy(larger, 0, 0, this.size);
    this.bytes = larger;
  }
}

function mustBeQuoted(byte: number): boolean {
  return byte <= COMMA && (byte === COMMA || byte === QUOTE || byte === LF || byte === CR);
}
