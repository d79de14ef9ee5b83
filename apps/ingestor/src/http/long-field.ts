import type { BatchFormat } from '@millrace/contracts';

const COMMA = 44;
const QUOTE = 34;
const BACKSLASH = 92;
const OPENING = new Set([0x7b, 0x5b]);
const CLOSING = new Set([0x7d, 0x5d]);
const NAME_BYTES = 512;

export interface LongField {
  /** The field's place in its row. */
  index: number;
  /** Its name where the row itself tells it. */
  name?: string;
  size_bytes: number;
}

/** The first field of a row that is longer than the bound, as it stands in the row; null when none is. One pass, nothing parsed. */
export function longField(format: BatchFormat, row: Buffer, field_bytes: number): LongField | null {
  let from = 0;
  let index = 0;
  for (const end of format === 'csv' ? csvFieldEnds(row) : jsonMemberEnds(row)) {
    const size_bytes = end - from;
    if (size_bytes > field_bytes) return { index, size_bytes, name: format === 'csv' ? undefined : nameOf(row, from) };
    from = end + 1;
    index++;
  }
  return null;
}

/** As libs/csv reads: a quote opens only where a field begins, and closes at the first quote that is not doubled. */
function* csvFieldEnds(row: Buffer): Generator<number> {
  let begins = true;
  for (let at = 0; at < row.length; at++) {
    if (row[at] === QUOTE && begins) {
      at = row.indexOf(QUOTE, at + 1);
      while (at >= 0 && row[at + 1] === QUOTE) at = row.indexOf(QUOTE, at + 2);
      if (at < 0) break;
    }
    begins = row[at] === COMMA;
    if (begins) yield at;
  }
  yield row.length;
}

/** Ends of the members of the row's outermost object or array, names included. What is no JSON is one field somewhere. */
function* jsonMemberEnds(row: Buffer): Generator<number> {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < row.length; at++) {
    const byte = row[at];
    if (quoted) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (OPENING.has(byte)) depth++;
    else if (CLOSING.has(byte)) depth--;
    else if (byte === COMMA && depth === 1) yield at;
  }
  yield row.length;
}

function nameOf(row: Buffer, from: number): string | undefined {
  const begin = row.toString('utf8', from, from + NAME_BYTES);
  return /^[\s{]*"((?:[^"\\]|\\.)*)"\s*:/.exec(begin)?.[1];
}
