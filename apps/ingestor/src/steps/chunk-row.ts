import type { Chunk, SourceContext } from '@millrace/contracts';

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

export function messageOf({ row, header, raw, context }: ReadChunk): Chunk {
  const { source, chunk, fingerprint: plan, flags, byte_start, byte_end, first_record, records } = row;
  return { source, chunk, plan, flags, records, first_record, byte_start, byte_end, header, raw, context };
}
