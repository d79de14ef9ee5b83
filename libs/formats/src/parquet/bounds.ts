/** What a Parquet file may ask for: beyond it, it is refused. Real files stay far below. */
export const PARQUET_BOUNDS = {
  footer_bytes: 64 * 1024 * 1024,
  /** Of one page, compressed or not. */
  page_bytes: 256 * 1024 * 1024,
  page_values: 2 ** 24,
  /** Of all pages and dictionaries that are held at once, one or two of each column: about what a row group's reading takes. */
  held_bytes: 1024 * 1024 * 1024,
  /** Text of a file up to which its ratio to the file's size does not matter: a column of one value takes next to nothing. */
  free_text_bytes: 1024 * 1024 * 1024,
  row_groups: 2 ** 16,
  columns: 10_000,
  /** Groups within groups. */
  depth: 64,
  /** Digits behind the point. */
  scale: 1000,
  /** Of one value. */
  decimal_bytes: 256,
} as const;

/** Positions of one row group's text: as many as it can hold, so that the next group's are known without reading it. */
export const SEGMENT_BYTES = 2 ** 36;
