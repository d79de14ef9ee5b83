import { ownCells, type Pass } from './cells.js';

/** Cells that hold one of these words, byte for byte, become blank. */
export function blankNullWords(words: readonly string[]): Pass {
  const known = words.map((word) => Buffer.from(word)).filter((word) => word.length > 0);
  const longest = known.reduce((most, word) => Math.max(most, word.length), 0);
  const by_length = Array.from({ length: longest + 1 }, (_, length) => known.filter((word) => word.length === length));
  return (set, cells) => {
    const { bytes, count } = set.records;
    ownCells(cells, count);
    const { start, end } = cells;
    for (let row = 0; row < count; row++) {
      const from = start[row];
      const length = end[row] - from;
      if (length > longest) continue;
      for (const word of by_length[length]) {
        let at = 0;
        while (at < length && bytes[from + at] === word[at]) at++;
        if (at === length) {
          end[row] = from;
          break;
        }
      }
    }
  };
}
