/*
 * What cutters take and give, as those of libs/csv do: one place in the ingestor drives them all.
 */

/** Reads bytes at `position` into `into`; answers how many, 0 at the end. */
export type PositionalReader = (position: number, into: Buffer) => number | Promise<number>;

/** A chunk as cut from a source: whole records only, unless flagged. */
export interface CutChunk {
  byte_start: number;
  /** First byte behind: where the next chunk begins. */
  byte_end: number;
  records: number;
  /** 0 or CHUNK_FLAG.record_too_long: then `raw` is only the first 4 KiB of the one record. */
  flags: number;
  raw: Buffer;
}

export interface CutOptions {
  /** Whether the source will not grow. Default true. */
  sealed?: boolean;
  /** At most so many bytes a chunk, and thereby a record. Default LIMITS.chunk_bytes. */
  chunk_bytes?: number;
  /** Default LIMITS.chunk_records. */
  chunk_records?: number;
}
