import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { ENVELOPE_BYTES, KIND, openEnvelope, sealEnvelope } from './envelope.js';
import { MillraceError } from './errors.js';
import { LIMITS } from './limits.js';

/**
 * `record_too_long` and `grown_after_seal`: the chunk is one reject as a whole, its body is only the first bytes of the
 * record. `entries`: its body is no range of a file but a list of entries (entries.ts), and it has no header record.
 */
export const CHUNK_FLAG = { record_too_long: 1, grown_after_seal: 2, entries: 4 } as const;

/** Whether a chunk with these flags is one reject as a whole. */
export function isWholeReject(flags: number): boolean {
  return (flags & (CHUNK_FLAG.record_too_long | CHUNK_FLAG.grown_after_seal)) !== 0;
}

/**
 * A chunk: a byte range of one source, cut at record boundaries. On the wire, behind the envelope:
 *
 *     28 records u32   32 first_record f64   40 byte_start f64   48 byte_end f64
 *     56 header_size u32   60 raw_size u32   64 zstd(header record + raw bytes)
 */
export interface Chunk {
  source: number;
  chunk: number;
  plan: string;
  flags: number;
  /** Data records as the cutter counted them: without comment and blank lines. */
  records: number;
  /** Ordinal of the first data record, from 1. */
  first_record: number;
  byte_start: number;
  byte_end: number;
  /** The source's header record, as its bytes stand in the file, without BOM. */
  header: Buffer;
  raw: Buffer;
}

const BODY = 64;
const LEVEL = { [constants.ZSTD_c_compressionLevel]: 1 };

export function encodeChunk(chunk: Chunk): Buffer {
  const body = compress(Buffer.concat([chunk.header, chunk.raw]));
  const message = Buffer.allocUnsafe(BODY + body.length);
  message.writeUInt32LE(chunk.records, ENVELOPE_BYTES);
  message.writeDoubleLE(chunk.first_record, 32);
  message.writeDoubleLE(chunk.byte_start, 40);
  message.writeDoubleLE(chunk.byte_end, 48);
  message.writeUInt32LE(chunk.header.length, 56);
  message.writeUInt32LE(chunk.raw.length, 60);
  body.copy(message, BODY);
  sealEnvelope(message, { kind: KIND.chunk, flags: chunk.flags, ...identity(chunk) });
  return message;
}

/** @throws MillraceError MESSAGE_* when the bytes are not a chunk */
export function decodeChunk(message: Buffer): Chunk {
  const envelope = openEnvelope(message, [KIND.chunk]);
  if (message.length < BODY) throw new MillraceError('MESSAGE_GARBAGE', 'chunk cut off within its header');
  const header_size = message.readUInt32LE(56);
  const raw_size = message.readUInt32LE(60);
  if (header_size > LIMITS.header_bytes || raw_size > LIMITS.chunk_bytes) {
    throw new MillraceError('MESSAGE_TOO_LARGE', `chunk claims ${header_size} + ${raw_size} bytes`);
  }
  const body = decompress(message.subarray(BODY), header_size + raw_size);
  return {
    ...identity(envelope),
    flags: envelope.flags,
    records: message.readUInt32LE(ENVELOPE_BYTES),
    first_record: message.readDoubleLE(32),
    byte_start: message.readDoubleLE(40),
    byte_end: message.readDoubleLE(48),
    header: body.subarray(0, header_size),
    raw: body.subarray(header_size),
  };
}

/** Decompresses to exactly `size` bytes. @throws MillraceError MESSAGE_CONTRACT otherwise */
export function decompress(compressed: Buffer, size: number): Buffer {
  let body: Buffer;
  try {
    body = zstdDecompressSync(compressed, { maxOutputLength: Math.max(size, 1), chunkSize: pieceOf(size) });
  } catch (cause) {
    throw new MillraceError('MESSAGE_CONTRACT', `body does not decompress to ${size} bytes`, { cause });
  }
  if (body.length !== size) {
    throw new MillraceError('MESSAGE_CONTRACT', `body has ${body.length} bytes where the header says ${size}`);
  }
  return body;
}

export function compress(raw: Uint8Array): Buffer {
  return zstdCompressSync(raw, { params: LEVEL, chunkSize: pieceOf(raw.length / 2) });
}

/** The output in one piece, mostly: zlib's default of 16 KiB costs a call and a copy for each. */
function pieceOf(size: number): number {
  return Math.max(4096, Math.min(Math.ceil(size), LIMITS.message_bytes));
}

function identity(of: { source: number; chunk: number; plan: string }) {
  return { source: of.source, chunk: of.chunk, plan: of.plan };
}
