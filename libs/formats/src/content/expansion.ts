/** How much more than the file its text may be. */
export interface ExpansionBounds {
  /** Text bytes for one byte of the file, over all that was read. */
  ratio: number;
  /** Up to so many text bytes the ratio does not matter: few bytes of a file may well stand for a small table. */
  free_bytes: number;
  /** Text bytes at most. */
  size_bytes: number;
}

/** No table comes near the ratio, which is just below gzip's own bound. */
export const EXPANSION: Readonly<ExpansionBounds> = Object.freeze({
  ratio: 1000,
  free_bytes: 16 * 1024 * 1024,
  size_bytes: 2 ** 40,
});
