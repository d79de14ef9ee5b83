import { LIMITS, MillraceError } from '@millrace/contracts';
import { scannableBytes } from './stops/stops.js';

/** What is wrong with a record as a whole. The last three are for records that come one by one, as entries of a chunk. */
export const RECORD_FAULT = { none: 0, ragged: 1, unclosed_quote: 2, unreadable: 3, too_long: 4, not_json: 5 } as const;

/** Entries a slot in `start` and `end`. Not a power of two, or all slots would fall into the same cache sets. */
export const SLOT_STRIDE = LIMITS.chunk_records + 16;

/** Room behind the parsed bytes that a caller may use for values of its own, so that they too are a start and an end. */
export const SPARE_BYTES = 256 * 1024;

/**
 * A parsed chunk: offsets only, no strings. It is one reused working set: valid until the next call of `openRecords` or `parseRecords`.
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
  /** Whether a value may be bytes that no text column can store: invalid UTF-8 or NUL. */
  dirty: boolean;
  /** Where `dirty`, of each record, 1: a value of it may be such bytes. */
  dirt: Uint8Array;
  /** Of each record its number's distance from the chunk's first; null when they follow one another. */
  distances: Uint32Array | null;
  start: Uint32Array;
  end: Uint32Array;
  /** The record as it stands in the chunk, without its LF. */
  record_start: Uint32Array;
  record_end: Uint32Array;
  /** RECORD_FAULT of each record; the slots of a faulty record are not to be read. */
  faults: Uint8Array;
}

/** Unescaping never makes a value longer, so that all values of a chunk fit behind it. */
/** The bytes of the working set, unless `reserveSpare` has replaced them for a chunk. */
export const scannable = scannableBytes(2 * LIMITS.chunk_bytes + 8 + SPARE_BYTES);
const { bytes } = scannable;
const view = viewOf(bytes);

/** The working set. */
export const set: Records = {
  bytes,
  view,
  spare: 0,
  count: 0,
  skipped: 0,
  dirty: false,
  dirt: new Uint8Array(LIMITS.chunk_records),
  distances: null,
  start: new Uint32Array(0),
  end: new Uint32Array(0),
  record_start: new Uint32Array(LIMITS.chunk_records),
  record_end: new Uint32Array(LIMITS.chunk_records),
  faults: new Uint8Array(LIMITS.chunk_records),
};

/**
 * The working set with a chunk's bytes and no records yet.
 * @param slots how many slots a record has
 * @throws MillraceError MESSAGE_CONTRACT when `raw` is larger than LIMITS.chunk_bytes
 */
export function openRecords(raw: Uint8Array, slots: number): Records {
  if (raw.length > LIMITS.chunk_bytes) throw new MillraceError('MESSAGE_CONTRACT', `chunk of ${raw.length} bytes`);
  if (set.start.length < slots * SLOT_STRIDE) {
    set.start = new Uint32Array(slots * SLOT_STRIDE);
    set.end = new Uint32Array(slots * SLOT_STRIDE);
  }
  set.bytes = bytes;
  set.view = view;
  set.bytes.set(raw);
  set.spare = raw.length + 1;
  set.count = 0;
  set.skipped = 0;
  set.dirty = false;
  set.distances = null;
  set.dirt.fill(0);
  set.faults.fill(RECORD_FAULT.none);
  return set;
}

/** Makes room for `size` bytes more, beside SPARE_BYTES; for this chunk only, lest one chunk keeps the memory for ever. */
export function reserveSpare(records: Records, size: number): void {
  const needed = records.spare + size + SPARE_BYTES;
  if (needed <= records.bytes.length) return;
  const larger = Buffer.alloc(needed);
  records.bytes.copy(larger, 0, 0, records.spare);
  records.bytes = larger;
  records.view = viewOf(larger);
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}
