import { hashKeys, partsOfHashes } from '@millrace/columnar';
import { LIMITS } from '@millrace/contracts';
import { hashRows } from './hash-rows.js';
import type { SpanColumn, WorkingSet } from './working-set.js';

/** Accepted rows by part, each part's rows in record order. Reused: valid until the next call. */
export interface Split {
  /** Accepted rows in all. */
  rows: number;
  /** Two lanes a record. */
  hashes: Uint32Array;
  /** Records of part `p`: `order[bounds[p] .. bounds[p + 1])`. */
  order: Uint16Array;
  bounds: Uint32Array;
}

const hashes = new Uint32Array(2 * LIMITS.chunk_records);
const order = new Uint16Array(LIMITS.chunk_records);
const parts = new Uint16Array(LIMITS.chunk_records);

/** Hashes the key of every accepted row and sorts the rows by part. */
export function splitByPart(set: WorkingSet): Split {
  const count = set.plan.parts;
  const bounds = new Uint32Array(count + 1);
  hashParts(set, bounds);
  for (let part = 0; part < count; part++) bounds[part + 1] += bounds[part];
  placeRows(set, bounds.slice());
  return { rows: bounds[count], hashes, order, bounds };
}

/** Fills `hashes` and `parts`, and counts the rows of part `p` in `counts[p + 1]`. */
function hashParts(set: WorkingSet, counts: Uint32Array): void {
  const { plan, failure, records } = set;
  const { keys, columns, parts: part_count } = plan;
  if (keys.length === 1 && columns[keys[0]].encoding === 'text') {
    // Of one column of text: hashed where it stands.
    const { start, end } = set.columns[keys[0]] as SpanColumn;
    hashKeys(records.view, start, end, failure, records.count, hashes);
  } else hashRows(set, hashes);
  partsOfHashes(hashes, part_count, failure, records.count, parts, counts);
}

/** @param next where in `order` the next row of each part goes */
function placeRows({ failure, records }: WorkingSet, next: Uint32Array): void {
  const { count } = records;
  for (let row = 0; row < count; row++) {
    if (failure[row] === 0) order[next[parts[row]]++] = row;
  }
}
