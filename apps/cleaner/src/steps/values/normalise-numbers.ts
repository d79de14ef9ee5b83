import { reserveSpare } from '@millrace/csv';
import type { NumberStyle } from '@millrace/dataset';
import { writeStyledNumber } from '../numbers/styled-number.js';
import { ownCells, type Pass } from './cells.js';

const MINUS = 45;
const POINT = 46;
/** A byte that no number begins with. */
const NO_NUMBER = 63;

/**
 * Writes numbers that are spelt in this style as plain ones and repoints their cells, so that the validators need not know of
 * styles. What does not fit the style is made a value that is no number.
 */
export function normaliseNumbers(style: NumberStyle): Pass {
  const plain_point = style.decimal === '.';
  const write = writeStyledNumber(style);
  return (set, cells) => {
    const { records, failure } = set;
    const { count } = records;
    ownCells(cells, count);
    const { start, end } = cells;
    let size = 1;
    for (let row = 0; row < count; row++) if (failure[row] === 0) size += end[row] - start[row];
    reserveSpare(records, size);
    const { bytes } = records;
    const no_number = records.spare++;
    bytes[no_number] = NO_NUMBER;
    for (let row = 0; row < count; row++) {
      const from = start[row];
      const to = end[row];
      if (failure[row] !== 0 || from === to || isPlain(bytes, from, to, plain_point)) continue;
      const written = write(bytes, from, to, records.spare);
      start[row] = written < 0 ? no_number : records.spare;
      end[row] = written < 0 ? no_number + 1 : written;
      if (written >= 0) records.spare = written;
    }
  };
}

/** Digits, a sign before them and, where the style has it, a point: these stay where they are. */
function isPlain(bytes: Uint8Array, from: number, to: number, point: boolean): boolean {
  let points = point ? 1 : 0;
  for (let at = bytes[from] === MINUS ? from + 1 : from; at < to; at++) {
    const byte = bytes[at];
    if (byte >= 48 && byte <= 57) continue;
    if (byte !== POINT || points-- === 0) return false;
  }
  return true;
}
