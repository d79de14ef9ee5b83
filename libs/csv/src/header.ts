import {
  type Dialect,
  isPlain,
  LIMITS,
  MillraceError,
  PLAIN_DIALECT,
  type PositionalReader,
} from '@millrace/contracts';
import { BOM, HASH, isBlank, recordEnd } from './bytes.js';
import { type Header, headerRange, joinRows } from './header-of.js';
import { type DialectMachine, machineOf } from './machine/dialect-machine.js';
import { fieldsOf } from './parse.js';
import { readWindow, scanBlankLine, scanLine } from './read.js';

export interface HeaderOptions {
  /** False: a header that may still go on is not taken. Default true. */
  sealed?: boolean;
  /** Default: the plain one. */
  dialect?: Dialect;
}

/** What may stand before a header that is no comment or blank line of the plain dialect, the header with it. */
const HEAD_BYTES = 8 * 1024 * 1024;

/**
 * Reads a source's header: behind a BOM and the preamble, the first records that are neither comment nor blank, as many as the
 * dialect has header rows. Without any, it is empty, and its end is where records begin.
 * @param end the source's size
 * @returns the header's bytes with line ends, the position of the first byte behind it, and the columns' names, null when
 *   the dialect has no header rows; null when there is no header (yet)
 * @throws MillraceError HEADER_TOO_LONG, SOURCE_CHANGED, SOURCE_UNREADABLE (plain dialect: its quote never closes)
 */
export async function readHeader(
  read: PositionalReader,
  end: number,
  { sealed = true, dialect = PLAIN_DIALECT }: HeaderOptions = {},
): Promise<Header | null> {
  if (!isPlain(dialect)) return readHeaderOf(machineOf(dialect), read, end, sealed);
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
    if (size < 0 && !sealed) return null;
    if (size < 0) size = window.length;
    const header = Buffer.from(window.subarray(0, size));
    return { header, header_end: from + size, names: parseHeader(header) };
  }
  return null;
}

async function readHeaderOf(
  machine: DialectMachine,
  read: PositionalReader,
  end: number,
  sealed: boolean,
): Promise<Header | null> {
  for (let size = 2 * LIMITS.header_bytes; ; size *= 2) {
    const window = await readWindow(read, 0, Math.min(size, end));
    const whole = window.length === end;
    const range = headerRange(machine, window, whole && sealed);
    if (range) {
      const { header_rows } = machine.dialect;
      if (header_rows > 0 && range.rows === 0) return null;
      if (range.end - range.start > LIMITS.header_bytes) throw tooLong();
      const header = Buffer.from(window.subarray(range.start, range.end));
      return { header, header_end: range.end, names: header_rows === 0 ? null : joinRows(machine, header) };
    }
    if (whole) return null;
    if (size >= HEAD_BYTES) {
      throw new MillraceError('HEADER_TOO_LONG', `no header ends within the first ${HEAD_BYTES} bytes`);
    }
  }
}

function tooLong(): MillraceError {
  return new MillraceError('HEADER_TOO_LONG', `the header is over ${LIMITS.header_bytes} bytes`);
}

/**
 * The trimmed column names of a header as `readHeader` gives it.
 * @throws MillraceError SOURCE_UNREADABLE when a quote of the plain dialect never closes
 */
export function parseHeader(header: Buffer, dialect: Dialect = PLAIN_DIALECT): string[] {
  if (!isPlain(dialect)) return joinRows(machineOf(dialect), header);
  const fields = fieldsOf(header);
  if (fields === null) throw new MillraceError('SOURCE_UNREADABLE', 'a quote in the header record never closes');
  return fields;
}
