import { LIMITS, MillraceError } from '@millrace/contracts';
import { blankLineEnd, COMMA, CR, closingQuote, HASH, isBlank, LF, QUOTE, SPACE } from './bytes.js';

/** What is wrong with a record as a whole. */
export const RECORD_FAULT = { none: 0, ragged: 1, unclosed_quote: 2 } as const;

/** Entries a slot in `start` and `end`. Not a power of two, or all slots would fall into the same cache sets. */
export const SLOT_STRIDE = LIMITS.chunk_records + 16;

/** Room behind the parsed bytes that a caller may use for values of its own, so that they too are a start and an end. */
export const SPARE_BYTES = 256 * 1024;

/**
 * A parsed chunk: offsets only, no strings. It is one reused working set: valid until the next call of `parseRecords`.
 * The value of slot `s` in record `r` is `bytes[start[s * SLOT_STRIDE + r] .. end[s * SLOT_STRIDE + r])`, unquoted and trimmed.
 */
export interface Records {
  /** The chunk's bytes, behind them values that had to be unescaped, then SPARE_BYTES from `spare` on. */
  bytes: Buffer;
  /** Of `bytes`: to read several at once. */
  view: DataView;
  spare: number;
  count: number;
  /** Comment and blank lines. */
  skipped: number;
  start: Uint32Array;
  end: Uint32Array;
  /** The record as it stands in the chunk, without its LF. */
  record_start: Uint32Array;
  record_end: Uint32Array;
  /** RECORD_FAULT of each record; the slots of a faulty record are not to be read. */
  faults: Uint8Array;
}

const bytes = Buffer.alloc(2 * LIMITS.chunk_bytes + 8 + SPARE_BYTES);
const set: Records = {
  bytes,
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
  spare: 0,
  count: 0,
  skipped: 0,
  start: new Uint32Array(0),
  end: new Uint32Array(0),
  record_start: new Uint32Array(LIMITS.chunk_records),
  record_end: new Uint32Array(LIMITS.chunk_records),
  faults: new Uint8Array(LIMITS.chunk_records),
};

/** State of a quoted field that the byte loop met: where the loop goes on, and where the value stands. */
const quoted = { at: 0, start: 0, end: 0, scratch: 0 };

/**
 * Parses whole records. Comment and blank lines are skipped as the cutter does.
 * @param raw at most LIMITS.chunk_bytes @param fields for each field of the header its slot, -1 = not wanted
 * @param slots how many slots there are
 * @throws MillraceError MESSAGE_CONTRACT when `raw` is larger or holds more than LIMITS.chunk_records
 */
export function parseRecords(raw: Uint8Array, fields: Int32Array, slots: number): Records {
  if (raw.length > LIMITS.chunk_bytes) throw new MillraceError('MESSAGE_CONTRACT', `chunk of ${raw.length} bytes`);
  if (set.start.length < slots * SLOT_STRIDE) {
    set.start = new Uint32Array(slots * SLOT_STRIDE);
    set.end = new Uint32Array(slots * SLOT_STRIDE);
  }
  set.bytes.set(raw);
  // A last record without newline ends like any other.
  set.bytes[raw.length] = LF;
  quoted.scratch = raw.length + 1;
  set.skipped = 0;
  set.faults.fill(RECORD_FAULT.none);
  set.count = parseAll(raw.length, fields);
  set.spare = quoted.scratch;
  return set;
}

/** The loop over all bytes; answers the number of records. It ends in nothing but its result: V8 optimises it while it runs. */
function parseAll(size: number, fields: Int32Array): number {
  const { bytes, start, end, record_start, record_end } = set;
  const width = fields.length;
  let count = 0;
  let at = 0;
  while (at < size) {
    if (bytes[at] <= HASH) {
      const next = skipLine(bytes, at, size);
      if (next > at) {
        set.skipped++;
        at = next;
        continue;
      }
    }
    if (count === LIMITS.chunk_records) throw new MillraceError('MESSAGE_CONTRACT', `over ${count} records in a chunk`);
    record_start[count] = at;
    let field = 0;
    let value_start = at;
    for (;;) {
      let byte = bytes[at];
      while (byte > COMMA) byte = bytes[++at];
      let from = value_start;
      let to = at;
      if (byte !== COMMA && byte !== LF) {
        if (byte !== QUOTE || at !== value_start) {
          at++;
          continue;
        }
        if (!readQuoted(bytes, at + 1, size)) set.faults[count] = RECORD_FAULT.unclosed_quote;
        at = quoted.at;
        from = quoted.start;
        to = quoted.end;
        byte = bytes[at];
      }
      if (field < width) {
        const slot = fields[field];
        if (slot >= 0) {
          while (from < to && bytes[from] <= SPACE && isBlank(bytes[from])) from++;
          while (from < to && bytes[to - 1] <= SPACE && isBlank(bytes[to - 1])) to--;
          const entry = slot * SLOT_STRIDE + count;
          start[entry] = from;
          end[entry] = to;
        }
      }
      field++;
      at++;
      value_start = at;
      if (byte === LF) break;
    }
    if (field !== width && set.faults[count] === RECORD_FAULT.none) set.faults[count] = RECORD_FAULT.ragged;
    record_end[count++] = at - 1;
  }
  return count;
}

/** First byte behind the comment or blank line at `at`; `at` itself when a record begins there. */
function skipLine(bytes: Buffer, at: number, size: number): number {
  if (bytes[at] === HASH) return bytes.indexOf(LF, at) + 1;
  return blankLineEnd(bytes, at, size) + 1 || at;
}

/**
 * Reads the quoted field whose content begins at `from`: sets `quoted.at` to the delimiter or LF behind it (to `size`,
 * and answers false, when the quote never closes) and `quoted.start`, `quoted.end` to its value, which is unescaped into the scratch region when it must be.
 */
function readQuoted(bytes: Buffer, from: number, size: number): boolean {
  const close = closingQuote(bytes, from, size);
  quoted.at = size;
  quoted.start = from;
  quoted.end = from;
  if (close < 0) return false;
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

/** The trimmed fields of one record of any width as text; null when a quote never closes. Not for the hot path. */
export function fieldsOf(record: Buffer): string[] | null {
  const bytes = Buffer.alloc(2 * record.length + 2);
  record.copy(bytes);
  bytes[record.length] = LF;
  quoted.scratch = record.length + 1;
  const fields: string[] = [];
  for (let at = 0; ; at++) {
    let from = at;
    let to = at;
    if (bytes[at] === QUOTE) {
      if (!readQuoted(bytes, at + 1, record.length)) return null;
      at = quoted.at;
      from = quoted.start;
      to = quoted.end;
    } else {
      while (bytes[at] !== COMMA && bytes[at] !== LF) at++;
      to = at;
    }
    while (from < to && isBlank(bytes[from])) from++;
    while (from < to && isBlank(bytes[to - 1])) to--;
    fields.push(bytes.toString('utf8', from, to));
    if (bytes[at] === LF) return fields;
  }
}
