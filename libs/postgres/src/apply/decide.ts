import { comparePositions, type Position } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { compareValues, type Value } from '../values/values.js';
import type { BatchWork } from './dataset-work.js';

/** What decides between rows with one key. */
export interface Ranked extends Position {
  /** With `keep: max(column)` that column's value; otherwise null. */
  rank: Value;
}

/** A row of a batch that may not be the only one with its key. */
export interface Candidate extends Ranked {
  key: string;
  batch: BatchWork;
  row: number;
}

/** A row of the table; one that Millrace did not write stands before all others, at source 0. */
export type ExistingRow = Ranked;

export interface Decision {
  /** Rows to write, one a key. */
  winners: Candidate[];
  /** Rows in the table that a winner replaces. */
  replaced: (Position & { key: string; batch: BatchWork })[];
  duplicates: Candidate[];
}

/** Negative when `a` is the one to keep. A total order on the rows of one key, whenever they come. */
export type KeepOrder = (a: Ranked, b: Ranked) => number;

export function keepOrder({ keep, columns }: Pick<DatasetPlan, 'keep' | 'columns'>): KeepOrder {
  if (keep.kind !== 'max') return keep.kind === 'first' ? comparePositions : (a, b) => comparePositions(b, a);
  const column = columns[keep.column];
  return (a, b) => compareValues(b.rank, a.rank, column) || comparePositions(a, b);
}

/**
 * The best row of each key wins, whoever came first. A candidate that stands in the table already, at its own position, is
 * neither a winner nor a duplicate: nothing is to be done.
 * @param existing the rows that the table has now, by key
 */
export function decide(
  candidates: readonly Candidate[],
  existing: ReadonlyMap<string, ExistingRow>,
  order: KeepOrder,
): Decision {
  const best = new Map<string, Candidate>();
  const duplicates: Candidate[] = [];
  for (const candidate of candidates) {
    const there = existing.get(candidate.key);
    if (there && comparePositions(candidate, there) === 0) continue;
    const verdict = there ? order(candidate, there) : -1;
    if (verdict > 0) {
      duplicates.push(candidate);
      continue;
    }
    const rival = best.get(candidate.key);
    if (!rival) best.set(candidate.key, candidate);
    else if (order(candidate, rival) < 0) {
      best.set(candidate.key, candidate);
      duplicates.push(rival);
    } else {
      duplicates.push(candidate);
    }
  }
  const winners = [...best.values()];
  const replaced = winners.flatMap(({ key, batch }) => {
    const there = existing.get(key);
    return there ? [{ key, batch, source: there.source, record: there.record }] : [];
  });
  return { winners, replaced, duplicates };
}
