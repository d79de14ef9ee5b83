/** Every bound of the data plane in one place. Sizes in bytes unless the name says otherwise. */
export const LIMITS = {
  /** A chunk is cut at record boundaries and never holds more than this. */
  chunk_bytes: 1024 * 1024,
  chunk_records: 16_384,
  /** A longer record is one reject that ends at the next record end. */
  record_bytes: 1024 * 1024,
  header_bytes: 64 * 1024,
  /** The last lines of a source that may be its footer. */
  footer_bytes: 64 * 1024,
  /** A quote that is not closed within so many bytes and line ends never closes. Not for the plain dialect: there, a record's size bounds it. */
  quoted_bytes: 256 * 1024,
  quoted_lines: 2048,
  /** A part larger than this is split into sub-parts. */
  message_bytes: 4 * 1024 * 1024,
  /** Keys and dimensions; PostgreSQL's btree takes no more than 2704. */
  key_bytes: 512,
  /** What is kept of a rejected row's raw bytes, and of the value that failed. */
  reject_raw_bytes: 4096,
  reject_value_bytes: 512,
  /** One message of an inbox; below the broker's own limit. */
  inbox_message_bytes: 4 * 1024 * 1024,
  /** A row of an inbox message; a longer one is a reject. Well below a chunk, which holds whole rows only. */
  inbox_row_bytes: 256 * 1024,
  /** Rows of one inbox message: a record's number has 20 bits for them. */
  inbox_message_rows: 2 ** 20 - 1,
  /** Offsets that one chunk of an inbox spans at most: then distances between its records fit 32 bits. */
  inbox_chunk_offsets: 4096,
} as const;
