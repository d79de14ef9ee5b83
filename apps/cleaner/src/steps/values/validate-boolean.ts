import type { ColumnPlan } from '@millrace/dataset';
import { FAILURE, type IntColumn, NULL_INT, type WorkingSet } from '../working-set.js';
import { type Cells, failRow } from './cells.js';
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
  const { failure } = set;
  const { bytes, count } = set.records;
  const { start, end, offset } = cells;
  const { values } = into;
  const fallback = column.default_value === null ? NULL_INT : Number(column.default_value === 'true');
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
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

function packedAt(bytes: Uint8Array, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    number = number * 256 + (byte >= 65 && byte <= 90 ? byte + 32 : byte);
  }
  return number;
}
