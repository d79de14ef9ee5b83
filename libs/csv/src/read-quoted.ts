import { COMMA, CR, closingQuote, LF, QUOTE } from './bytes.js';

/** Where the value of the last quoted field stands, and the delimiter or LF behind it. */
export const quoted = {
  at: 0,
  start: 0,
  end: 0,
  /** Where the next value that must be unescaped goes. */
  scratch: 0,
  /** Whether a quote that never closes ends with its line; else with the record. */
  resync: true,
};

/**
 * Reads the quoted field whose content begins at `from`: sets `quoted.at` to the delimiter or LF behind it (to the
 * next LF, or for a single record to `size`, and answers false, when the quote never closes) and `quoted.start`, `quoted.end` to
 * its value, which is unescaped into the scratch region when it must be.
 */
export function readQuoted(bytes: Buffer, from: number, size: number): boolean {
  const close = closingQuote(bytes, from, size);
  quoted.at = size;
  quoted.start = from;
  quoted.end = from;
  if (close < 0) {
    // As the cutter does: the damage ends with the line.
    if (quoted.resync) quoted.at = bytes.indexOf(LF, from);
    return false;
  }
  let escapes = bytes.indexOf(QUOTE, from) < close;
  let at = close + 1;
  if (bytes[at] === CR && bytes[at + 1] === LF) at++;
  else if (bytes[at] !== COMMA && bytes[at] !== LF) escapes = true;
  quoted.at = at;
  quoted.end = close;
  if (!escapes) return true;

  let to = quoted.scratch;
  quoted.start = to;
  for (let read = from; read < close; read++) {
    const byte = bytes[read];
    bytes[to++] = byte;
    if (byte === QUOTE) read++;
  }
  for (at = close + 1; bytes[at] !== COMMA && bytes[at] !== LF; at++) bytes[to++] = bytes[at];
  quoted.at = at;
  quoted.end = to;
  quoted.scratch = to;
  return true;
}
