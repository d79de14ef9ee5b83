import { comparePositions, type Position } from '@millrace/contracts';
import type { BatchWork } from './dataset-work.js';

/** A row of a batch that may not be the first with its key. */
export interface Candidate extends Position {
  key: string;
  batch: BatchWork;
  row: number;
}

export interface Decision {
  /** Rows to write, one a key. */
  winners: Candidate[];
  /** Rows in the table that a winner replaces. */
  replaced: (Position & { key: string; batch: BatchWork })[];
  duplicates: Candidate[];
}

/**
 * The lowest position wins, whoever came first. A candidate that stands in the table already, at its own position, is neither
 * a winner nor a duplicate: nothing is to be done.
 * @param existing the rows that the table has now, by key
 */
export function decide(candidates: readonly Candidate[], existing: ReadonlyMap<string, Position>): Decision {
  const best = new Map<string, Candidate>();
  const duplicates: Candidate[] = [];
  for (const candidate of candidates) {
    const there = existing.get(candidate.key);
    const order = there ? comparePositions(candidate, there) : -1;
    if (order === 0) continue;
    if (order > 0) {
      duplicates.push(candidate);
      continue;
    }
    const rival = best.get(candidate.key);
    if (!rival) best.set(candidate.key, candidate);
    else if (comparePositions(candidate, rival) < 0) {
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
