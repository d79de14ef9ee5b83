import { MillraceError } from './errors.js';
import { LIMITS } from './limits.js';

/**
 * What a message of `inbox.<dataset>` may be:
 *
 * - one JSON object (its first byte that is no blank is `{`): one row;
 * - a framed batch (it begins with `MLB1`), all of whose rows are taken or none:
 *
 *       0 magic "MLB1"   4 format u8 (1 JSON, 2 CSV)   5 three zeros   8 rows u32   12 header_size u32   16 header record (CSV)
 *       then for each row: size u32, bytes                                                       (little endian)
 *
 * - anything else: one CSV record, its fields in the order of the dataset's source columns.
 */
export const BATCH_MAGIC = Buffer.from('MLB1');
export const BATCH_FORMAT = { json: 1, csv: 2 } as const;
export type BatchFormat = keyof typeof BATCH_FORMAT;

const BATCH_HEADER = 16;

/** Kafka header of an inbox message: a second one with the same key is dropped. */
export const KEY_HEADER = 'idempotency-key';

/** Kafka header from the inbox or bronze on: when the oldest of the message's data came, epoch milliseconds as digits. */
export const ARRIVED_HEADER = 'arrived_ms';

/** One request's rows as one message: written whole or not at all. @param header the CSV header record; empty for JSON */
export function encodeInboxBatch(format: BatchFormat, header: Buffer, rows: readonly Buffer[]): Buffer {
  const size = rows.reduce((sum, row) => sum + 4 + row.length, BATCH_HEADER + header.length);
  const message = Buffer.alloc(size);
  BATCH_MAGIC.copy(message);
  message.writeUInt8(BATCH_FORMAT[format], 4);
  message.writeUInt32LE(rows.length, 8);
  message.writeUInt32LE(header.length, 12);
  header.copy(message, BATCH_HEADER);
  let at = BATCH_HEADER + header.length;
  for (const row of rows) {
    message.writeUInt32LE(row.length, at);
    row.copy(message, at + 4);
    at += 4 + row.length;
  }
  return message;
}

export interface InboxBatch {
  format: BatchFormat;
  header: Buffer;
  rows: Buffer[];
}

export function isInboxBatch(message: Buffer): boolean {
  return message.length >= 4 && message.subarray(0, 4).equals(BATCH_MAGIC);
}

/** Views of `message`. @throws MillraceError MESSAGE_CONTRACT when the frames do not fill it exactly */
export function decodeInboxBatch(message: Buffer): InboxBatch {
  if (message.length < BATCH_HEADER) refuse('it is cut off within its header');
  const number = message.readUInt8(4);
  const format = (['json', 'csv'] as const).find((name) => BATCH_FORMAT[name] === number);
  if (!format) refuse(`format ${number} is neither 1 (JSON) nor 2 (CSV)`);
  const count = message.readUInt32LE(8);
  if (count > LIMITS.inbox_message_rows) refuse(`it claims ${count} rows`);
  const header_size = message.readUInt32LE(12);
  if (header_size > LIMITS.header_bytes || BATCH_HEADER + header_size > message.length) {
    refuse(`it claims a header of ${header_size} bytes`);
  }
  const header = message.subarray(BATCH_HEADER, BATCH_HEADER + header_size);
  const rows: Buffer[] = [];
  let at = BATCH_HEADER + header_size;
  for (let row = 0; row < count; row++) {
    const start = at + 4;
    const end = start > message.length ? start : start + message.readUInt32LE(at);
    if (end > message.length) refuse(`it is cut off within row ${row}`);
    rows.push(message.subarray(start, end));
    at = end;
  }
  if (at !== message.length) refuse(`${message.length - at} bytes stand behind its last row`);
  return { format, header, rows };
}

function refuse(reason: string): never {
  throw new MillraceError('MESSAGE_CONTRACT', `not a batch of rows: ${reason}`);
}

const ROWS = 2 ** 20;
/** A source of an inbox covers so many offsets, so that record numbers stay below 2^53; the next ones are another source. */
export const INBOX_SOURCE_OFFSETS = 2 ** 33;

/** The first offset of the source that holds `offset`. */
export function inboxBase(offset: bigint): bigint {
  return offset - (offset % BigInt(INBOX_SOURCE_OFFSETS));
}

/** A row's record number: offset << 20 | row, the offset counted from the source's base. @param row from 0 */
export function inboxRecord(base: bigint, offset: bigint, row: number): number {
  return Number(offset - base) * ROWS + row;
}

/** The opposite of `inboxRecord`. */
export function inboxPlace(base: bigint, record: number): { offset: bigint; row: number } {
  return { offset: base + BigInt(Math.floor(record / ROWS)), row: record % ROWS };
}
