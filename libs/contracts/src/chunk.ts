import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { CONTRACT, ENVELOPE_BYTES, KIND, openEnvelope, sealEnvelope } from './envelope.js';
import { MillraceError } from './errors.js';
import { LIMITS } from './limits.js';
import { releaseBytes } from './release-bytes.js';
import { CONTEXT_BYTES, type SourceContext } from './source-context.js';

/**
 * `record_too_long` and `grown_after_seal`: the chunk is one reject as a whole, its body is only the first bytes of the
 * record. `entries`: its body is no range of a file but a list of entries (entries.ts), and it has no header record.
 * `context`: its source's context travels with it. `other_table`: its records belong to another table than the header's, and
 * each is a reject. `passed_over`: lines that are no records, such as a footer.
 */
export const CHUNK_FLAG = {
  record_too_long: 1,
  grown_after_seal: 2,
  entries: 4,
  context: 8,
  other_table: 16,
  passed_over: 32,
} as const;

/** Whether a chunk with these flags is one reject as a whole. */
export function isWholeReject(flags: number): boolean {
  return (flags & (CHUNK_FLAG.record_too_long | CHUNK_FLAG.grown_after_seal)) !== 0;
}

/**
 * A chunk: a byte range of one source, cut at record boundaries. On the wire, behind the envelope:
 *
 *     28 records u32   32 first_record f64   40 byte_start f64   48 byte_end f64
 *     56 header_size u32   60 raw_size u32   64 zstd(context + header record + raw bytes)
 *
 * With CHUNK_FLAG.context, the context stands before the header record and counts as part of it: its size as u32, then JSON.
 */
export interface Chunk {
  source: number;
  chunk: number;
  plan: string;
  /** CHUNK_FLAG.context is set by `encodeChunk` where there is one. */
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
  context?: SourceContext | null;
}

const BODY = 64;
const LEVEL = { [constants.ZSTD_c_compressionLevel]: 1 };
/** A hash table twice the level's: 2 % smaller. */
const TEXT: Record<number, number> = { ...LEVEL, [constants.ZSTD_c_hashLog]: 15 };
/**
 * Columns stand one behind the other: in blocks of 8 KiB each gets an entropy code of its own, and numbers repeat in short pieces.
 * Some 12 % smaller than the level as it is, for some 5 % more CPU.
 */
export const BODY_TUNING: Record<number, number> = {
  ...LEVEL,
  [constants.ZSTD_c_windowLog]: 13,
  [constants.ZSTD_c_minMatch]: 4,
};

/** @param contract in which version */
export function encodeChunk(chunk: Chunk, contract: number = CONTRACT.newest): Buffer {
  const header = chunk.context ? Buffer.concat([packContext(chunk.context), chunk.header]) : chunk.header;
  const body = compress(joined(header, chunk.raw));
  const message = Buffer.allocUnsafe(BODY + body.length);
  message.writeUInt32LE(chunk.records, ENVELOPE_BYTES);
  message.writeDoubleLE(chunk.first_record, 32);
  message.writeDoubleLE(chunk.byte_start, 40);
  message.writeDoubleLE(chunk.byte_end, 48);
  message.writeUInt32LE(header.length, 56);
  message.writeUInt32LE(chunk.raw.length, 60);
  body.copy(message, BODY);
  releaseBytes(body);
  const flags = (chunk.flags & ~CHUNK_FLAG.context) | (chunk.context ? CHUNK_FLAG.context : 0);
  sealEnvelope(message, { kind: KIND.chunk, flags, ...identity(chunk) }, contract);
  return message;
}

/** @throws MillraceError MESSAGE_* when the bytes are not a chunk */
export function decodeChunk(message: Buffer): Chunk {
  const envelope = openEnvelope(message, [KIND.chunk]);
  if (message.length < BODY) throw new MillraceError('MESSAGE_GARBAGE', 'chunk cut off within its header');
  const header_size = message.readUInt32LE(56);
  const raw_size = message.readUInt32LE(60);
  if (header_size > LIMITS.header_bytes + CONTEXT_BYTES || raw_size > LIMITS.chunk_bytes) {
    throw new MillraceError('MESSAGE_TOO_LARGE', `chunk claims ${header_size} + ${raw_size} bytes`);
  }
  const body = decompress(message.subarray(BODY), header_size + raw_size);
  const { context, size } = unpackContext(envelope.flags, body.subarray(0, header_size));
  return {
    ...identity(envelope),
    flags: envelope.flags & ~CHUNK_FLAG.context,
    records: message.readUInt32LE(ENVELOPE_BYTES),
    first_record: message.readDoubleLE(32),
    byte_start: message.readDoubleLE(40),
    byte_end: message.readDoubleLE(48),
    header: body.subarray(size, header_size),
    raw: body.subarray(header_size),
    context,
  };
}

/** Reused: a fresh MiB for each chunk is what the garbage collector would run for. */
let scratch = Buffer.alloc(0);

/** Both, one behind the other, until the next call. */
function joined(header: Buffer, raw: Buffer): Buffer {
  const size = header.length + raw.length;
  if (scratch.length < size) scratch = Buffer.allocUnsafeSlow(size);
  header.copy(scratch);
  raw.copy(scratch, header.length);
  return scratch.subarray(0, size);
}

function packContext(context: SourceContext): Buffer {
  const json = Buffer.from(JSON.stringify(context));
  if (json.length + 4 > CONTEXT_BYTES) {
    throw new MillraceError('MESSAGE_TOO_LARGE', `the context of ${context.path} has ${json.length} bytes`);
  }
  const packed = Buffer.allocUnsafe(4 + json.length);
  packed.writeUInt32LE(json.length, 0);
  json.copy(packed, 4);
  return packed;
}

function unpackContext(flags: number, header: Buffer): { context: SourceContext | null; size: number } {
  if ((flags & CHUNK_FLAG.context) === 0) return { context: null, size: 0 };
  const size = header.length < 4 ? Number.POSITIVE_INFINITY : 4 + header.readUInt32LE(0);
  if (size > header.length) throw new MillraceError('MESSAGE_CONTRACT', 'context cut off');
  try {
    return { context: JSON.parse(header.toString('utf8', 4, size)) as SourceContext, size };
  } catch (cause) {
    throw new MillraceError('MESSAGE_CONTRACT', 'context is no JSON', { cause });
  }
}

/** Decompresses to exactly `size` bytes. @throws MillraceError MESSAGE_CONTRACT otherwise */
export function decompress(compressed: Buffer, size: number): Buffer {
  let body: Buffer;
  try {
    // One more than it has: zlib makes another piece as soon as one is full.
    body = zstdDecompressSync(compressed, { maxOutputLength: Math.max(size, 1), chunkSize: pieceOf(size + 1) });
  } catch (cause) {
    throw new MillraceError('MESSAGE_CONTRACT', `body does not decompress to ${size} bytes`, { cause });
  }
  if (body.length !== size) {
    throw new MillraceError('MESSAGE_CONTRACT', `body has ${body.length} bytes where the header says ${size}`);
  }
  return body;
}

/** @param tuning of zstd, beside level 1 */
export function compress(raw: Uint8Array, tuning = TEXT): Buffer {
  return zstdCompressSync(raw, { params: tuning, chunkSize: pieceOf(raw.length / 2) });
}

/** The output in one piece, mostly: zlib's default of 16 KiB costs a call and a copy for each. */
function pieceOf(size: number): number {
  return Math.max(4096, Math.min(Math.ceil(size), LIMITS.message_bytes));
}

function identity(of: { source: number; chunk: number; plan: string }) {
  return { source: of.source, chunk: of.chunk, plan: of.plan };
}
