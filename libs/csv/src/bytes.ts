export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const SPACE = 32;
export const QUOTE = 34;
export const HASH = 35;
export const COMMA = 44;
/** Byte order mark: it may stand before a text, and is no part of it. */
export const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** What is trimmed from a value. */
export function isBlank(byte: number): boolean {
  return byte === SPACE || byte === CR || byte === LF || byte === TAB;
}

/**
 * Position of the LF that ends a blank line (spaces and tabs only) at `from`, `end` when the bytes end before it,
 * -1 when the line is not blank.
 */
export function blankLineEnd(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const byte = bytes[at];
    if (byte === LF) return at;
    if (byte === CR) return at + 1 < end && bytes[at + 1] === LF ? at + 1 : -1;
    if (byte !== SPACE && byte !== TAB) return -1;
  }
  return end;
}

/**
 * First byte behind the record at `from`, minding quotes; -1 when it does not end before `end`.
 * A quote opens only where a field begins; behind the closing one, bytes are literal up to the delimiter.
 */
export function recordEnd(bytes: Buffer, from: number, end: number): number {
  let opens = true;
  for (let at = from; at < end; at++) {
    const byte = bytes[at];
    if (byte === LF) return at + 1;
    if (byte === QUOTE && opens) {
      at = closingQuote(bytes, at + 1, end);
      if (at < 0) return -1;
      opens = false;
    } else {
      opens = byte === COMMA;
    }
  }
  return -1;
}

/**
 * Where the record at `from` ends when one of its quotes does not close before `end`: behind the next LF. -1 when all of them
 * do, or when no LF comes.
 */
export function unclosedRecordEnd(bytes: Buffer, from: number, end: number): number {
  let opens = true;
  for (let at = from; at < end; at++) {
    const byte = bytes[at];
    if (byte === LF) return -1;
    if (byte === QUOTE && opens) {
      const close = closingQuote(bytes, at + 1, end);
      if (close < 0) {
        const line_end = bytes.indexOf(LF, at);
        return line_end < 0 || line_end >= end ? -1 : line_end + 1;
      }
      at = close;
      opens = false;
    } else {
      opens = byte === COMMA;
    }
  }
  return -1;
}

/** Position of the quote that closes a field whose content begins at `from`; -1 when there is none before `end`. */
export function closingQuote(bytes: Buffer, from: number, end: number): number {
  for (let at = bytes.indexOf(QUOTE, from); at >= 0 && at < end; at = bytes.indexOf(QUOTE, at + 2)) {
    if (at + 1 >= end || bytes[at + 1] !== QUOTE) return at;
  }
  return -1;
}
