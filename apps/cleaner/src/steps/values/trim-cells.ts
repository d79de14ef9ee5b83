import { ownCells, type Pass } from './cells.js';

/** Takes the blanks from both ends of every cell, where the parser has left them. */
export function trimCells(): Pass {
  return (set, cells) => {
    const { bytes, count } = set.records;
    ownCells(cells, count);
    const { start, end } = cells;
    for (let row = 0; row < count; row++) {
      let from = start[row];
      let to = end[row];
      while (from < to && isBlank(bytes[from])) from++;
      while (from < to && isBlank(bytes[to - 1])) to--;
      start[row] = from;
      end[row] = to;
    }
  };
}

/** What the parser trims. */
function isBlank(byte: number): boolean {
  return byte === 32 || byte === 13 || byte === 10 || byte === 9;
}
