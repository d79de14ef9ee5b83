import type { ColumnPlan } from '@millrace/dataset';
import { FAILURE, type IntColumn, NULL_INT, type WorkingSet } from '../working-set.js';
import { type Cells, failRow, left } from './cells.js';
import { becomesNull, rejectsFor } from './fallback.js';

const LONGEST = 5;
/** The words by their lower-case bytes as one number: 5 bytes fit a double. */
const WORDS = new Map<number, number>();
for (const [word, value] of ['true', 't', 'yes', 'y', '1'].map((word) => [word, 1] as const))
  WORDS.set(packed(word), value);
for (const word of ['false', 'f', 'no', 'n', '0']) WORDS.set(packed(word), 0);

function packed(word: string): number {
  return Buffer.from(word).reduce((number, byte) => number * 256 + byte, 0);
}

/** true, t, yes, y and 1, and their opposites, in any case: 1 and 0. */
export function validateBoolean(set: WorkingSet, column: ColumnPlan, cells: Cells, into: IntColumn): void {
  const { bytes } = set.records;
  const { start, end, offset } = cells;
  const { values } = into;
  const fallback = column.default_value === null ? NULL_INT : Number(column.default_value === 'true');
  const lefts = readUsualWords(set, cells, values);
  for (let place = 0; place < lefts; place++) {
    const row = left[place];
    const from = start[offset + row];
    const to = end[offset + row];
    const value = to - from > LONGEST ? undefined : WORDS.get(packedAt(bytes, from, to));
    if (value !== undefined) {
      values[row] = value;
      continue;
    }
    const code = from === to ? FAILURE.blank : FAILURE.not_boolean;
    if (rejectsFor(column, code)) failRow(set, row, column.index, code);
    else values[row] = becomesNull(column, code) ? NULL_INT : fallback;
  }
}

const LOWER_CASE = 0x20202020;
const TRUE = Buffer.from('true').readInt32LE();
const FALS = Buffer.from('fals').readInt32LE();
const LETTER_E = 101;

/** Reads the cells that hold true, false, 1 or 0, and leaves the others in `left`. Answers how many. */
function readUsualWords({ failure, records }: WorkingSet, cells: Cells, values: Int32Array): number {
  const { bytes, view, count } = records;
  const { start, end, offset } = cells;
  const odd = left;
  let lefts = 0;
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    const from = start[offset + row];
    const size = end[offset + row] - from;
    let value = -1;
    if (size === 1) {
      const digit = bytes[from] - 48;
      if (digit === 0 || digit === 1) value = digit;
    } else if (size === 4) {
      if ((view.getInt32(from, true) | LOWER_CASE) === TRUE) value = 1;
    } else if (size === 5) {
      if ((view.getInt32(from, true) | LOWER_CASE) === FALS && (bytes[from + 4] | 32) === LETTER_E) value = 0;
    }
    if (value < 0) odd[lefts++] = row;
    else values[row] = value;
  }
  return lefts;
}

function packedAt(bytes: Uint8Array, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    number = number * 256 + (byte >= 65 && byte <= 90 ? byte + 32 : byte);
  }
  return number;
}
