import { LIMITS, MillraceError } from '@millrace/contracts';
import { BOM, HASH, isBlank, recordEnd } from './bytes.js';
import { fieldsOf } from './parse.js';
import { type PositionalReader, readWindow, scanBlankLine, scanLine } from './read.js';

/**
 * Reads a source's header record: the first record that is neither comment nor blank, behind a BOM.
 * @param end the source's size; with `sealed` false a header without newline is not taken
 * @returns the record's bytes with its line end, and the position of the first byte behind it; null when there is none
 * @throws MillraceError HEADER_TOO_LONG, SOURCE_CHANGED, SOURCE_UNREADABLE (its quote never closes)
 */
export async function readHeader(
  read: PositionalReader,
  end: number,
  options: { sealed?: boolean } = {},
): Promise<{ header: Buffer; header_end: number } | null> {
  const begin = await readWindow(read, 0, Math.min(BOM.length, end));
  let from = begin.equals(BOM) ? BOM.length : 0;
  while (from < end) {
    const window = await readWindow(read, from, Math.min(LIMITS.header_bytes, end - from));
    const rest = from + window.length === end;
    if (window[0] === HASH || (isBlank(window[0]) && (await scanBlankLine(read, from, end)))) {
      from = await scanLine(read, from, end);
      if (from < 0) return null;
      continue;
    }
    let size = recordEnd(window, 0, window.length);
    if (size < 0 && !rest) throw tooLong();
    if (size < 0 && options.sealed === false) return null;
    if (size < 0) size = window.length;
    const header = Buffer.from(window.subarray(0, size));
    parseHeader(header);
    return { header, header_end: from + size };
  }
  return null;
}

function tooLong(): MillraceError {
  return new MillraceError('HEADER_TOO_LONG', `the header record is over ${LIMITS.header_bytes} bytes`);
}

/** The trimmed column names of a header record. @throws MillraceError SOURCE_UNREADABLE when a quote never closes */
export function parseHeader(header: Buffer): string[] {
  const fields = fieldsOf(header);
  if (fields === null) throw new MillraceError('SOURCE_UNREADABLE', 'a quote in the header record never closes');
  return fields;
}

/** For each wanted column its place in the header: exact name first, else without regard to case; -1 = absent; the first wins. */
export function mapColumns(names: readonly string[], wanted: readonly string[]): Int32Array {
  const folded = names.map((name) => name.toLowerCase());
  return Int32Array.from(wanted, (name) => {
    const exact = names.indexOf(name);
    return exact >= 0 ? exact : folded.indexOf(name.toLowerCase());
  });
}
