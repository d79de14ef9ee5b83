import { type Distances, encodeBody } from '@millrace/columnar';
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

export interface BatchOptions {
  message_bytes: number;
  contract: number;
}

/**
 * One message for each non-empty part; several, in row order, for a part whose columns take more than `message_bytes`.
 * Measured before compression, so that the cut does not hang on the version of a compressor.
 */
export function encodeBatches(set: WorkingSet, chunk: Chunk, split: Split, options: BatchOptions): EncodedBatch[] {
  // All columns are gathered before the first is compressed: the compressor pushes the chunk out of the cache.
  const pieces: Piece[] = [];
  for (let part = 0; part < set.plan.parts; part++) {
    const rows = split.order.subarray(split.bounds[part], split.bounds[part + 1]);
    if (rows.length > 0) gatherPieces(set, part, rows, options.message_bytes, pieces);
  }
  return pieces.map((piece, index) => {
    const sub = index - pieces.findIndex(({ part }) => part === piece.part);
    const slot = sub * set.plan.parts + piece.part;
    return {
      slot,
      part: piece.part,
      rows: piece.rows.length,
      message: encodePiece(set, chunk, split, { ...piece, slot }, options),
    };
  });
}

/** Rows of one part, laid out as a batch's body. */
interface Piece {
  part: number;
  rows: Uint16Array;
  body: Buffer;
}

const HEADER_BYTES = 56;

function gatherPieces(set: WorkingSet, part: number, rows: Uint16Array, message_bytes: number, pieces: Piece[]): void {
  const columns = set.columns.map((column) => gatherRows(column, set.records.view, rows));
  const body = encodeBody(columns, rows.length, distancesOf(set, rows));
  if (HEADER_BYTES + 8 * rows.length + body.length <= message_bytes || rows.length === 1) {
    pieces.push({ part, rows, body: Buffer.from(body) });
    return;
  }
  const middle = rows.length >> 1;
  gatherPieces(set, part, rows.subarray(0, middle), message_bytes, pieces);
  gatherPieces(set, part, rows.subarray(middle), message_bytes, pieces);
}

const gathered = new Uint32Array(LIMITS.chunk_records);

/** How far these records are from the chunk's first one. */
function distancesOf({ records }: WorkingSet, rows: Uint16Array): Distances {
  const { distances } = records;
  if (distances === null) return rows;
  for (let row = 0; row < rows.length; row++) gathered[row] = distances[rows[row]];
  return gathered;
}

const hashes = new Uint32Array(2 * LIMITS.chunk_records);

function encodePiece(
  set: WorkingSet,
  chunk: Chunk,
  split: Split,
  { rows, body, slot }: Piece & { slot: number },
  { contract }: BatchOptions,
): Buffer {
  const { plan } = set;
  for (let row = 0; row < rows.length; row++) {
    hashes[2 * row] = split.hashes[2 * rows[row]];
    hashes[2 * row + 1] = split.hashes[2 * rows[row] + 1];
  }
  const { source, chunk: number, first_record } = chunk;
  const identity = { source, chunk: number, plan: plan.fingerprint, slot, parts: plan.parts };
  const batch = { ...identity, rows: rows.length, first_record, hashes: hashes.subarray(0, 2 * rows.length) };
  return encodeBatch(batch, body, contract);
}
