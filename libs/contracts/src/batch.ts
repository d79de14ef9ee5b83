import { BODY_TUNING, compress, decompress } from './chunk.js';
import { COMPACT_CONTRACT, CONTRACT, contractOf, KIND, openEnvelope, sealEnvelope } from './envelope.js';
import { MillraceError } from './errors.js';
import { LIMITS } from './limits.js';

/**
 * A batch: the accepted rows of one chunk that fall into one part (or a sub-part of it). Behind the envelope:
 *
 *     28 slot u32   32 parts u32   36 rows u32   40 first_record f64 (of the chunk)
 *     48 body_size u32 (raw)   52 reserved   56 hashes, 8 bytes a row   then zstd(body)
 *
 * The hashes stand in clear so that the deduper never opens the body; the body is the business of libs/columnar. Behind the deduper nobody
 * wants them: a screened batch of contract version 2 or later has none, and BATCH_FLAG.no_hashes.
 */
export interface Batch {
  source: number;
  chunk: number;
  plan: string;
  /** sub * parts + part: which piece of its chunk this is. */
  slot: number;
  parts: number;
  rows: number;
  /** Ordinal of the chunk's first record; the body holds each row's distance from it. */
  first_record: number;
  /** Two 32-bit lanes a row: `hashes[2 * row]` and `hashes[2 * row + 1]`. Empty in a screened batch. */
  hashes: Uint32Array;
}

export const BATCH_FLAG = { no_hashes: 1 } as const;

const HASHES = 56;
/** Of a row's hash. */
const HASH_BYTES = 8;

/**
 * @param hashes two 32-bit lanes a row @param body the columns as libs/columnar lays them out
 * @param contract the version of the chunk
 */
export function encodeBatch(batch: Batch, body: Uint8Array, contract: number = CONTRACT.newest): Buffer {
  const compressed = compress(body, BODY_TUNING);
  const at = HASHES + batch.rows * HASH_BYTES;
  const message = Buffer.allocUnsafe(at + compressed.length);
  message.writeUInt32LE(batch.slot, 28);
  message.writeUInt32LE(batch.parts, 32);
  message.writeUInt32LE(batch.rows, 36);
  message.writeDoubleLE(batch.first_record, 40);
  message.writeUInt32LE(body.length, 48);
  message.writeUInt32LE(0, 52);
  Buffer.from(batch.hashes.buffer, batch.hashes.byteOffset, batch.rows * HASH_BYTES).copy(message, HASHES);
  compressed.copy(message, at);
  const { source, chunk, plan } = batch;
  sealEnvelope(message, { kind: KIND.batch, flags: 0, source, chunk, plan }, contract);
  return message;
}

/**
 * The screened batch of a silver one: the same without hashes, or the very same bytes in the contract version that keeps them.
 * @param batch what `decodeBatch` read from `message`
 */
export function screenedBatch(message: Buffer, { source, chunk, plan, rows }: Batch): Buffer {
  const contract = contractOf(message);
  if (contract < COMPACT_CONTRACT) return message;
  const body = HASHES + rows * HASH_BYTES;
  const screened = Buffer.allocUnsafe(HASHES + message.length - body);
  message.copy(screened, 0, 0, HASHES);
  message.copy(screened, HASHES, body);
  sealEnvelope(screened, { kind: KIND.batch, flags: BATCH_FLAG.no_hashes, source, chunk, plan }, contract);
  return screened;
}

/** Reads all but the body: what the deduper needs. @throws MillraceError MESSAGE_* */
export function decodeBatch(message: Buffer): Batch {
  const { source, chunk, plan, flags } = openEnvelope(message, [KIND.batch]);
  if (message.length < HASHES) throw new MillraceError('MESSAGE_GARBAGE', 'batch cut off within its header');
  const rows = message.readUInt32LE(36);
  const parts = message.readUInt32LE(32);
  const hashed = (flags & BATCH_FLAG.no_hashes) === 0 ? rows : 0;
  if (rows > LIMITS.chunk_records || parts < 1 || message.length < HASHES + hashed * HASH_BYTES) {
    throw new MillraceError('MESSAGE_CONTRACT', `batch claims ${rows} rows in ${parts} parts`);
  }
  // A fresh copy: the view must be aligned to 4 bytes, which a slice of a fetch buffer seldom is.
  const hashes = new Uint32Array(hashed * 2);
  message.copy(new Uint8Array(hashes.buffer), 0, HASHES, HASHES + hashed * HASH_BYTES);
  return {
    source,
    chunk,
    plan,
    slot: message.readUInt32LE(28),
    parts,
    rows,
    first_record: message.readDoubleLE(40),
    hashes,
  };
}

/** Decompresses the body of a batch that `decodeBatch` has accepted. @throws MillraceError MESSAGE_* */
export function openBody(message: Buffer, batch: Batch): Buffer {
  const size = message.readUInt32LE(48);
  if (size > 4 * LIMITS.message_bytes) throw new MillraceError('MESSAGE_TOO_LARGE', `body claims ${size} bytes`);
  return decompress(message.subarray(HASHES + batch.hashes.byteLength), size);
}

/** Kafka header of a screened message: one bit a row, 1 = suspect, lowest bit first. */
export const SUSPECTS_HEADER = 'suspects';

export function partOf(slot: number, parts: number): number {
  return slot % parts;
}
