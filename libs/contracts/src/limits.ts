/** Every bound of the data plane in one place. Sizes in bytes unless the name says otherwise. */
export const LIMITS = {
  /** A chunk is cut at record boundaries and never holds more than this. */
  chunk_bytes: 1024 * 1024,
  chunk_records: 16_384,
  /** A longer record is one reject that ends at the next record end. */
  record_bytes: 1024 * 1024,
  header_bytes: 64 * 1024,
  /** A part larger than this is split into sub-parts. */
  message_bytes: 4 * 1024 * 1024,
  /** Keys and dimensions; PostgreSQL's btree takes no more than 2704. */
  key_bytes: 512,
  /** What is kept of a rejected row's raw bytes, and of the value that failed. */
  reject_raw_bytes: 4096,
  reject_value_bytes: 512,
} as const;
