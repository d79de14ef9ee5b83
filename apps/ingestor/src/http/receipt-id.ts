import { crc32 } from 'node:zlib';

/** The message that a request without a key became. */
export interface ReceiptPlace {
  source: number;
  offset: bigint;
  rows: number;
}

const VERSION = 1;
const CHECKED_BYTES = 17;
/** Divisible by 3, so that every character of the id counts. */
const ID_BYTES = 21;
const ID = /^[A-Za-z0-9_-]{28}$/;

/** 28 characters of base64url: version u8, source u32, offset u64, rows u32, CRC-32 of these u32 (big endian). */
export function encodeReceiptId({ source, offset, rows }: ReceiptPlace): string {
  const bytes = Buffer.alloc(ID_BYTES);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeUInt32BE(source, 1);
  bytes.writeBigUInt64BE(offset, 5);
  bytes.writeUInt32BE(rows, 13);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, CHECKED_BYTES)), CHECKED_BYTES);
  return bytes.toString('base64url');
}

/** @returns null for what was never a receipt, a mistyped one included */
export function decodeReceiptId(id: string): ReceiptPlace | null {
  if (!ID.test(id)) return null;
  const bytes = Buffer.from(id, 'base64url');
  if (bytes.readUInt8(0) !== VERSION || bytes.readUInt32BE(CHECKED_BYTES) !== crc32(bytes.subarray(0, CHECKED_BYTES))) {
    return null;
  }
  return { source: bytes.readUInt32BE(1), offset: bytes.readBigUInt64BE(5), rows: bytes.readUInt32BE(13) };
}

/** Of a request with a key the receipt is the row that holds the key. */
export const isRequestId = (id: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);
