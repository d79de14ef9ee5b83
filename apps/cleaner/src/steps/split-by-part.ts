import { hashKey, partOfHash } from '@millrace/columnar';
import { LIMITS } from '@millrace/contracts';
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
  const { plan, failure } = set;
  const { bytes, count } = set.records;
  const { start, end } = set.columns[plan.key] as SpanColumn;
  const next = new Uint32Array(plan.parts + 1);
  for (let row = 0; row < count; row++) {
    if (failure[row] !== 0) continue;
    hashKey(bytes, start[row], end[row], hashes, row);
    const part = partOfHash(hashes[2 * row], hashes[2 * row + 1], plan.parts);
    parts[row] = part;
    next[part + 1]++;
  }
  for (let part = 0; part < plan.parts; part++) next[part + 1] += next[part];
  const bounds = next.slice();
  for (let row = 0; row < count; row++) {
    if (failure[row] === 0) order[next[parts[row]]++] = row;
  }
  return { rows: bounds[plan.parts], hashes, order, bounds };
}
