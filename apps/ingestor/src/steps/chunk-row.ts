import { type Chunk, encodeChunk, type SourceContext } from '@millrace/contracts';

/** A row of `millrace.chunks`: all that it takes to publish the same bytes again. */
export interface ChunkRow {
  source: number;
  chunk: number;
  fingerprint: string;
  /** CHUNK_FLAG bits. */
  flags: number;
  byte_start: number;
  byte_end: number;
  first_record: number;
  records: number;
  /** sha256 of the whole range, also where only its first bytes travel. */
  content_hash: Buffer;
}

export const CHUNK_COLUMNS =
  'source, chunk, fingerprint, flags, byte_start, byte_end, first_record, records, content_hash';

export function keyOf({ source, chunk }: Pick<ChunkRow, 'source' | 'chunk'>): string {
  return `${source}:${chunk}`;
}

/** What travels of a chunk, and its row. */
export interface ReadChunk {
  row: ChunkRow;
  header: Buffer;
  raw: Buffer;
  /** Of its source. */
  context?: SourceContext | null;
  /** When the oldest of its data came, epoch milliseconds; undefined where nobody waits for it. */
  arrived_ms?: number;
}

/** A chunk in the message that it travels in: what it was read into can be used again. */
export interface PackedChunk {
  row: ChunkRow;
  /** Of its body before it was packed. */
  size_bytes: number;
  message: Buffer;
  arrived_ms?: number;
}

/** @param contract in which version of it */
export function packChunk(chunk: ReadChunk, contract?: number): PackedChunk {
  const { row, raw, arrived_ms } = chunk;
  return { row, size_bytes: raw.length, message: encodeChunk(messageOf(chunk), contract), arrived_ms };
}

/** A chunk that is to be sent, packed or not. */
export type OutgoingChunk = ReadChunk | PackedChunk;

/** Bytes of a chunk's body. */
export function bodyBytes(chunk: OutgoingChunk): number {
  return 'message' in chunk ? chunk.size_bytes : chunk.raw.length;
}

function messageOf({ row, header, raw, context }: ReadChunk): Chunk {
  const { source, chunk, fingerprint: plan, flags, byte_start, byte_end, first_record, records } = row;
  return { source, chunk, plan, flags, records, first_record, byte_start, byte_end, header, raw, context };
}
