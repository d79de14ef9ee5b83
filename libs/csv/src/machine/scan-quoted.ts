import { LIMITS } from '@millrace/contracts';
import { CR, LF } from '../bytes.js';
import { type DialectMachine, restMatches } from './dialect-machine.js';
import { recordEndSize, STARVED } from './line-ends.js';

/** What a quote that may open a field turned out to be. STARVED: not to be known yet. */
export const QUOTE_KIND = {
  /** A byte like any other: it has no proper close. */
  literal: 0,
  /** Closed; the value is `start .. end` as it stands. */
  clean: 1,
  /** Closed; the value is `start .. end`, and has escapes. */
  escaped: 2,
  /** Closed at `close`, and what follows up to `end` belongs to the value too. */
  continued: 3,
} as const;

/** The value that `scanQuoted` found, and where its delimiter or record end stands. */
export const quoted = { start: 0, end: 0, close: 0, at: 0 };

const NONE = -1;

/**
 * Finds out about the quote at `open`, where a field begins. It has a proper close when a quote is followed by a delimiter or a
 * record end, blanks aside. A quote within, which is neither that nor escaped, is a stray one:
 *
 * - before it stands a delimiter or record end, so it opens a field itself: then the quote at `open` was no opening one;
 * - else it is literal, if a proper close comes before the line ends; if none does, and the field began in the same line, it
 *   is the close, and what follows up to the delimiter belongs to the value, as in the csv module of Python.
 *
 * Without a proper close within LIMITS.quoted_bytes and LIMITS.quoted_lines, the quote at `open` is literal.
 */
export function scanQuoted(
  machine: DialectMachine,
  bytes: Buffer,
  open: number,
  size: number,
  final: boolean,
  begins_with_blank: boolean,
): number {
  if (machine.plain) return scanPlainQuoted(machine, bytes, open, size, final);
  const { quoted_stops, quote_size, quote0, escape0, doubled } = machine;
  const content = open + quote_size;
  const bound = Math.min(size, content + LIMITS.quoted_bytes);
  let lines = 0;
  let stray = NONE;
  let stray_lines = 0;
  let escapes = false;
  let at = content;
  for (;;) {
    while (at < bound && quoted_stops[bytes[at]] === 0) at++;
    if (at >= bound) {
      if (bound === size && !final) return STARVED;
      break;
    }
    const byte = bytes[at];
    if (byte === LF || byte === CR) {
      const end = recordEndSize(machine, bytes, at, size, final);
      if (end < 0) return STARVED;
      if (end > 0 && (stray !== NONE || ++lines > LIMITS.quoted_lines)) break;
      at += end || 1;
    } else if (byte === escape0 && restMatches(bytes, at, size, machine.escape_mark)) {
      // Whether it escapes anything is looked at when the value is taken.
      at = behindEscape(machine, bytes, at, size);
      escapes = true;
    } else if (byte === quote0 && (quote_size === 1 || restMatches(bytes, at, size, machine.quote))) {
      const behind = at + quote_size;
      if (doubled && bytes[behind] === quote0 && behind < size && restMatches(bytes, behind, size, machine.quote)) {
        escapes = true;
        at = behind + quote_size;
        continue;
      }
      const field_end = properEnd(machine, bytes, behind, size, final);
      if (field_end === STARVED) return STARVED;
      if (field_end >= 0) {
        take(content, at, at, field_end);
        return escapes ? QUOTE_KIND.escaped : QUOTE_KIND.clean;
      }
      if (opensField(machine, bytes, at, content)) break;
      if (stray === NONE) {
        stray = at;
        stray_lines = lines;
      }
      at = behind;
    } else {
      at++;
    }
  }
  if (stray === NONE || stray_lines > 0 || begins_with_blank) return QUOTE_KIND.literal;
  return continueBehind(machine, bytes, content, stray, size, final);
}

/** The rules of the fast path: the first quote that is not doubled closes, and what follows up to the delimiter is literal. */
function scanPlainQuoted(machine: DialectMachine, bytes: Buffer, open: number, size: number, final: boolean): number {
  const { quote0 } = machine;
  for (let at = bytes.indexOf(quote0, open + 1); at >= 0 && at < size; at = bytes.indexOf(quote0, at + 2)) {
    if (at + 1 >= size && !final) return STARVED;
    if (at + 1 < size && bytes[at + 1] === quote0) continue;
    return continueBehind(machine, bytes, open + 1, at, size, final);
  }
  return final ? QUOTE_KIND.literal : STARVED;
}

/** The field's quote closes at `close`; what follows belongs to it up to the next delimiter or record end. */
function continueBehind(
  machine: DialectMachine,
  bytes: Buffer,
  content: number,
  close: number,
  size: number,
  final: boolean,
): number {
  const behind = close + machine.quote_size;
  const end = bareEnd(machine, bytes, behind, size, final);
  if (end === STARVED) return STARVED;
  take(content, end, close, end);
  if (end > behind) return QUOTE_KIND.continued;
  quoted.end = close;
  return QUOTE_KIND.escaped;
}

function take(start: number, end: number, close: number, at: number): void {
  quoted.start = start;
  quoted.end = end;
  quoted.close = close;
  quoted.at = at;
}

/** Where the delimiter or record end stands behind a quote and blanks; STARVED, or less when something else stands there. */
function properEnd(machine: DialectMachine, bytes: Buffer, behind: number, size: number, final: boolean): number {
  const { blanks, delimiter, delimiter_size } = machine;
  let at = behind;
  while (at < size && blanks[bytes[at]] === 1) at++;
  if (at >= size) return final ? size : STARVED;
  if (bytes[at] === delimiter[0]) {
    if (delimiter_size === 1 || restMatches(bytes, at, size, delimiter)) return at;
    if (!final && at + delimiter_size > size) return STARVED;
  }
  const end = recordEndSize(machine, bytes, at, size, final);
  if (end === STARVED) return STARVED;
  return end > 0 ? at : STARVED - 1;
}

/** Whether a delimiter or record end stands directly before the quote at `at`, within the content: it looks like an opening one. */
function opensField(
  { delimiter, delimiter_size, ends_lf, ends_crlf, ends_cr }: DialectMachine,
  bytes: Buffer,
  at: number,
  content: number,
): boolean {
  if (at <= content) return false;
  const before = bytes[at - 1];
  if (before === LF) return ends_lf || (ends_crlf && at - 2 >= content && bytes[at - 2] === CR);
  if (before === CR) return ends_cr;
  if (at - delimiter_size < content) return false;
  return bytes[at - delimiter_size] === delimiter[0] && restMatches(bytes, at - delimiter_size, at, delimiter);
}

/** Behind an escape and the quote or escape that it escapes; behind the escape alone when it escapes nothing. */
function behindEscape(machine: DialectMachine, bytes: Buffer, at: number, size: number): number {
  const behind = at + machine.escape_mark.length;
  return behind + escapedSize(machine, bytes, behind, size);
}

/** Size of the quote or escape at `at`, which an escape before it makes literal; 0 when neither stands there. */
export function escapedSize(machine: DialectMachine, bytes: Buffer, at: number, size: number): number {
  if (at >= size) return 0;
  const { quote, escape_mark } = machine;
  if (bytes[at] === quote[0] && restMatches(bytes, at, size, quote)) return quote.length;
  if (bytes[at] === escape_mark[0] && restMatches(bytes, at, size, escape_mark)) return escape_mark.length;
  return 0;
}

/** Where the next delimiter or record end stands, quotes not minded; `size` when a final text ends before, else STARVED. */
export function bareEnd(machine: DialectMachine, bytes: Buffer, from: number, size: number, final: boolean): number {
  const { stops, delimiter, delimiter_size } = machine;
  const delimiter0 = delimiter[0];
  for (let at = from; ; at++) {
    while (at < size && stops[bytes[at]] === 0) at++;
    if (at >= size) return final ? size : STARVED;
    if (bytes[at] === delimiter0) {
      if (delimiter_size === 1 || restMatches(bytes, at, size, delimiter)) return at;
      continue;
    }
    const end = recordEndSize(machine, bytes, at, size, final);
    if (end < 0) return STARVED;
    if (end > 0) return at;
  }
}
