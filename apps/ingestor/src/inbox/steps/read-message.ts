import { decodeInboxBatch, ENTRY_KIND, type EntryKind, isInboxBatch, LIMITS } from '@millrace/contracts';

/** A message's rows, as views of its value. */
export interface MessageRows {
  /** Of all rows; one that is too long by itself is another: see `entryOf`. */
  kind: EntryKind;
  /** The CSV header record that the rows came with; empty without one. */
  header: Buffer;
  rows: readonly Buffer[];
}

const NONE = Buffer.alloc(0);
const OPENING_BRACE = 0x7b;

/** What a message of an inbox holds (see contracts/inbox.ts). What is no row of any kind is one record, to be rejected. */
export function readMessage(value: Buffer | null): MessageRows {
  if (value === null) return whole(ENTRY_KIND.unreadable, NONE);
  if (value.length > LIMITS.inbox_message_bytes) return whole(ENTRY_KIND.too_long, value);
  if (isInboxBatch(value)) return readBatch(value);
  const first = firstByte(value);
  if (first === undefined) return whole(ENTRY_KIND.unreadable, value);
  return { kind: first === OPENING_BRACE ? ENTRY_KIND.json : ENTRY_KIND.csv, header: NONE, rows: [value] };
}

/** One row as it stands in a chunk. */
export function entryOf({ kind }: MessageRows, row: Buffer): { kind: EntryKind; bytes: Buffer } {
  if (row.length <= LIMITS.inbox_row_bytes) return { kind, bytes: row };
  return { kind: ENTRY_KIND.too_long, bytes: row.subarray(0, LIMITS.reject_raw_bytes) };
}

function readBatch(value: Buffer): MessageRows {
  try {
    const { format, header, rows } = decodeInboxBatch(value);
    return { kind: ENTRY_KIND[format], header, rows };
  } catch {
    return whole(ENTRY_KIND.unreadable, value);
  }
}

function whole(kind: EntryKind, value: Buffer): MessageRows {
  return { kind, header: NONE, rows: [value.subarray(0, LIMITS.reject_raw_bytes)] };
}

/** The first byte that is no blank (space, tab, CR, LF). */
function firstByte(value: Buffer): number | undefined {
  return value.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0d && byte !== 0x0a);
}
