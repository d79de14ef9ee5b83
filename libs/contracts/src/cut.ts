export interface PositionalReader {
  /** Reads bytes at `position` into `into`; answers how many, 0 at the end. An ingestor backs it with `FileHandle.read`. */
  (position: number, into: Buffer): number | Promise<number>;
  /**
   * Exactly `size` bytes from `position`, on loan until it is called again: then a cutter need not make a buffer a chunk, and what is
   * cut is on loan as well. @throws MillraceError SOURCE_CHANGED when the source ends before
   */
  lend?(position: number, size: number): Promise<Buffer>;
}

/** A chunk as cut from a source: whole records only, unless flagged. */
export interface CutChunk {
  byte_start: number;
  /** First byte behind: where the next chunk begins. */
  byte_end: number;
  /** Data records: comment and blank lines do not count. May be 0 for a chunk that holds only such lines. */
  records: number;
  /** CHUNK_FLAG of a file's chunk; of record_too_long `raw` is only the first 4 KiB of the one record. */
  flags: number;
  raw: Buffer;
}

export interface CutOptions {
  /** Whether the source will not grow: a last record without its end is cut. Default true. */
  sealed?: boolean;
  /** At most so many bytes a chunk, and thereby a record. Default LIMITS.chunk_bytes. */
  chunk_bytes?: number;
  /** Default LIMITS.chunk_records. */
  chunk_records?: number;
}
