import { CHUNK_FLAG, type CutChunk, LIMITS, type PositionalReader } from '@millrace/contracts';
import type { CsvCutOptions } from './cut.js';
import { footerStart } from './footer.js';
import type { DialectMachine } from './machine/dialect-machine.js';
import { STARVED, skipLine } from './machine/line-ends.js';
import { scan, scanRecord } from './machine/scan-record.js';
import { lendWindow } from './read.js';
import { isBlankRange, scanLineEnd } from './scan-source.js';
import { SecondTable, TABLE_LOOKAHEAD_BYTES } from './second-table.js';

/** Behind a full chunk, what may have to be looked at to tell where its first record ends. */
const LOOKAHEAD_BYTES = LIMITS.quoted_bytes + TABLE_LOOKAHEAD_BYTES;

/** Whole records at the begin of a window. */
interface Walk {
  end: number;
  records: number;
  /** Why it ended: a second table begins, it depends on bytes that are not there, or a limit is reached. */
  stop: 'table' | 'starved' | 'limit';
}

/** `nextChunk` for any dialect. */
export async function nextChunkOf(
  machine: DialectMachine,
  read: PositionalReader,
  from: number,
  end: number,
  options: CsvCutOptions,
): Promise<CutChunk | null> {
  const { sealed = true, chunk_bytes = LIMITS.chunk_bytes, chunk_records = LIMITS.chunk_records, table } = options;
  if (from >= end) return null;
  const source = { read, from, end, sealed };
  let window = await windowOf(machine, source, chunk_bytes);
  if (window.footer) {
    const raw = window.bytes.subarray(0, chunk_bytes);
    return sealed
      ? { byte_start: from, byte_end: from + raw.length, records: 0, flags: CHUNK_FLAG.passed_over, raw }
      : null;
  }
  const tables = table && !table.other ? SecondTable.of(machine, table.header) : null;
  const most = { bytes: chunk_bytes, records: chunk_records };
  let flags = table?.other ? CHUNK_FLAG.other_table : 0;
  let walk = walkRecords(machine, window, most, tables);
  if (walk.end === 0 && walk.stop === 'starved' && !window.whole) {
    window = await windowOf(machine, source, chunk_bytes + LOOKAHEAD_BYTES);
    walk = walkRecords(machine, window, most, tables);
  }
  if (walk.end === 0 && walk.stop === 'table') {
    flags = CHUNK_FLAG.other_table;
    walk = walkRecords(machine, window, most, null);
  }
  if (walk.end > 0) {
    const raw = window.bytes.subarray(0, walk.end);
    return { byte_start: from, byte_end: from + walk.end, records: walk.records, flags, raw };
  }
  // What it depends on may still come.
  if (walk.stop === 'starved' && window.whole) return null;
  return cutLongItem(machine, source, window, chunk_bytes, flags);
}

interface Source {
  read: PositionalReader;
  from: number;
  end: number;
  sealed: boolean;
}

interface Window {
  bytes: Buffer;
  /** Whether records end with the window, whatever comes behind. */
  final: boolean;
  /** Whether it goes as far as records go. */
  whole: boolean;
  /** Whether it begins within the footer: then it is that. */
  footer: boolean;
}

/** The next `size` bytes, and no footer: where one may begin among them, what is left of the source is read with them. */
async function windowOf(machine: DialectMachine, source: Source, size: number): Promise<Window> {
  const { read, from, end, sealed } = source;
  const { footer_lines } = machine.dialect;
  const left = end - from;
  if (footer_lines === 0 || left > size + LIMITS.footer_bytes) {
    const bytes = await lendWindow(read, from, Math.min(size, left));
    const whole = bytes.length === left;
    return { bytes, final: whole && sealed, whole, footer: false };
  }
  const rest = await lendWindow(read, from, left);
  const data = footerStart(machine, rest, 0, left, sealed);
  if (data === 0) return { bytes: rest, final: true, whole: true, footer: true };
  const bytes = rest.subarray(0, Math.min(size, data));
  const whole = bytes.length === data;
  return { bytes, final: whole && sealed, whole, footer: false };
}

/** Records and skipped lines of the window that are whole, up to `most`, and up to where a second table begins. */
function walkRecords(
  machine: DialectMachine,
  { bytes, final }: Window,
  most: { bytes: number; records: number },
  tables: SecondTable | null,
): Walk {
  const size = bytes.length;
  const walk: Walk = { end: 0, records: 0, stop: 'limit' };
  while (walk.end < size) {
    const at = walk.end;
    const skipped = skipLine(machine, bytes, at, size, final);
    const begins =
      skipped === STARVED ? null : (tables?.begins(bytes, at, skipped, size, final) ?? (tables ? null : false));
    if (begins !== false) {
      walk.stop = begins ? 'table' : 'starved';
      break;
    }
    if (skipped > at) {
      if (skipped > most.bytes) break;
      walk.end = skipped;
      continue;
    }
    if (walk.records === most.records) break;
    if (!scanRecord(machine, bytes, at, size, final)) {
      walk.stop = 'starved';
      break;
    }
    if (scan.next > most.bytes) break;
    walk.end = scan.next;
    walk.records++;
  }
  return walk;
}

/**
 * A record or skipped line at the window's begin that is longer than a chunk may be: one reject, or nothing when it is a comment
 * or blank. It ends at the next record end behind the limit, quotes or not.
 */
async function cutLongItem(
  machine: DialectMachine,
  source: Source,
  window: Window,
  chunk_bytes: number,
  flags: number,
): Promise<CutChunk | null> {
  const { read, from, end, sealed } = source;
  const limit = window.whole ? from + window.bytes.length : end;
  const line_end = await scanLineEnd(machine, read, from + chunk_bytes, limit, sealed);
  if (line_end === STARVED) return null;
  const { comment } = machine;
  const skipped =
    (comment !== null && window.bytes.subarray(0, comment.length).equals(comment)) ||
    (await isBlankRange(machine, read, from, line_end));
  const raw = window.bytes.subarray(0, Math.min(chunk_bytes, line_end - from, LIMITS.reject_raw_bytes));
  return {
    byte_start: from,
    byte_end: line_end,
    records: skipped ? 0 : 1,
    flags: skipped ? flags : flags | CHUNK_FLAG.record_too_long,
    raw: Buffer.from(raw),
  };
}
