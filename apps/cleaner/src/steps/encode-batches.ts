import { encodeBody } from '@millrace/columnar';
import { type Chunk, encodeBatch, LIMITS } from '@millrace/contracts';
import { gatherRows } from './gather-rows.js';
import type { Split } from './split-by-part.js';
import type { WorkingSet } from './working-set.js';

/** A batch to publish to partition `part` of silver. */
export interface EncodedBatch {
  slot: number;
  part: number;
  rows: number;
  message: Buffer;
}

/**
 * One message for each non-empty part; several, in row order, for a part whose columns take more than `message_bytes`.
 * Measured before compression, so that the cut does not hang on the version of a compressor.
 */
export function encodeBatches(set: WorkingSet, chunk: Chunk, split: Split, message_bytes: number): EncodedBatch[] {
  const batches: EncodedBatch[] = [];
  for (let part = 0; part < set.plan.parts; part++) {
    const rows = split.order.subarray(split.bounds[part], split.bounds[part + 1]);
    if (rows.length > 0) encodePart(set, chunk, split, part, rows, message_bytes, batches);
  }
  return batches;
}

const HEADER_BYTES = 56;
const hashes = new Uint32Array(2 * LIMITS.chunk_records);

function encodePart(
  set: WorkingSet,
  chunk: Chunk,
  split: Split,
  part: number,
  rows: Uint16Array,
  message_bytes: number,
  batches: EncodedBatch[],
): void {
  const { plan, records } = set;
  const columns = set.columns.map((column) => gatherRows(column, records.view, rows));
  const body = encodeBody(columns, rows.length, rows);
  if (HEADER_BYTES + 8 * rows.length + body.length > message_bytes && rows.length > 1) {
    const middle = rows.length >> 1;
    encodePart(set, chunk, split, part, rows.subarray(0, middle), message_bytes, batches);
    encodePart(set, chunk, split, part, rows.subarray(middle), message_bytes, batches);
    return;
  }
  for (let row = 0; row < rows.length; row++) {
    hashes[2 * row] = split.hashes[2 * rows[row]];
    hashes[2 * row + 1] = split.hashes[2 * rows[row] + 1];
  }
  const before = batches.at(-1);
  const slot = before?.part === part ? before.slot + plan.parts : part;
  const { source, chunk: number, first_record } = chunk;
  const batch = { source, chunk: number, plan: plan.fingerprint, slot, parts: plan.parts, rows: rows.length };
  const message = encodeBatch({ ...batch, first_record, hashes: hashes.subarray(0, 2 * rows.length) }, body);
  batches.push({ slot, part, rows: rows.length, message });
}
