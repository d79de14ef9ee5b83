import { MillraceError } from './errors.js';

/**
 * The body of a chunk with CHUNK_FLAG.entries, one entry after the other (little endian):
 *
 *     0 distance u32: record - first_record of the chunk, ascending   4 kind u8   5 three zeros   8 size u32   12 bytes
 *
 * - json, csv: a row as its bytes came;
 * - unreadable, too_long: a record that is a reject as a whole; at most the first 4 KiB of it;
 * - header: no record, but the CSV header record of the csv entries behind it, up to the next one. Before the first, and
 *   behind an empty one, fields stand in the order of the dataset's source columns.
 */
export const ENTRY_KIND = { json: 1, csv: 2, unreadable: 3, too_long: 4, header: 5 } as const;
export type EntryKind = (typeof ENTRY_KIND)[keyof typeof ENTRY_KIND];

export const ENTRY_BYTES = 12;
const KINDS = new Set<number>(Object.values(ENTRY_KIND));

/** Writes one entry at `at`. @returns where the next one goes */
export function writeEntry(into: Buffer, at: number, distance: number, kind: EntryKind, bytes: Uint8Array): number {
  into.writeUInt32LE(distance, at);
  into.writeUInt32LE(kind, at + 4);
  into.writeUInt32LE(bytes.length, at + 8);
  into.set(bytes, at + ENTRY_BYTES);
  return at + ENTRY_BYTES + bytes.length;
}

/** The entry at an offset of a chunk's body; its bytes are `raw[start .. end)`, and the next one is at `end`. */
export interface Entry {
  distance: number;
  kind: EntryKind;
  start: number;
  end: number;
}

/** Reads the entry at `at` into `entry`, which is reused. @throws MillraceError MESSAGE_CONTRACT when it does not fit */
export function readEntry(raw: Buffer, at: number, entry: Entry): void {
  const start = at + ENTRY_BYTES;
  if (start > raw.length) throw new MillraceError('MESSAGE_CONTRACT', `entry cut off at byte ${at}`);
  const kind = raw.readUInt32LE(at + 4);
  const end = start + raw.readUInt32LE(at + 8);
  if (!KINDS.has(kind) || end > raw.length) {
    throw new MillraceError('MESSAGE_CONTRACT', `no entry at byte ${at}: kind ${kind}, ${end - start} bytes`);
  }
  entry.distance = raw.readUInt32LE(at);
  entry.kind = kind as EntryKind;
  entry.start = start;
  entry.end = end;
}
