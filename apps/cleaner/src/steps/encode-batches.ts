import { BodyWriter, stepRecords, writeRows } from '@millrace/columnar';
import { type Chunk, COMPACT_CONTRACT, encodeBatch, LIMITS } from '@millrace/contracts';
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

/** The bodies of a chunk's batches, one behind the other. */
const writer = new BodyWriter();

/**
 * One message for each non-empty part; several, in row order, for a part whose columns take more than `message_bytes`.
 * Measured before compression, so that the cut does not hang on the version of a compressor.
 */
export function encodeBatches(set: WorkingSet, chunk: Chunk, split: Split, options: BatchOptions): EncodedBatch[] {
  // All bodies are written before the first is compressed: the compressor pushes the chunk out of the cache.
  const pieces: Piece[] = [];
  writer.begin();
  for (let part = 0; part < set.plan.parts; part++) {
    const from = split.bounds[part];
    const to = split.bounds[part + 1];
    if (from < to) writePieces(set, { part, order: split.order, from, to }, options.message_bytes, pieces);
  }
  return pieces.map((piece, index) => {
    const sub = index - pieces.findIndex(({ part }) => part === piece.part);
    return encodePiece(set, chunk, split, piece, sub * set.plan.parts + piece.part, options);
  });
}

/** Rows `order[from .. to)`, all of one part. */
interface PartRows {
  part: number;
  order: Uint16Array;
  from: number;
  to: number;
}

/** Such rows, whose body is the bytes `body_from .. body_to` of the writer. */
interface Piece extends PartRows {
  body_from: number;
  body_to: number;
}

const HEADER_BYTES = 56;

function writePieces(set: WorkingSet, rows: PartRows, message_bytes: number, pieces: Piece[]): void {
  const { columns, records } = set;
  const { from, to } = rows;
  const body_from = writer.at;
  writeRows(writer, columns, records.view, rows, records.distances);
  if (HEADER_BYTES + 8 * (to - from) + writer.at - body_from <= message_bytes || to - from === 1) {
    pieces.push({ ...rows, body_from, body_to: writer.at });
    return;
  }
  writer.at = body_from;
  const middle = from + ((to - from) >> 1);
  writePieces(set, { ...rows, to: middle }, message_bytes, pieces);
  writePieces(set, { ...rows, from: middle }, message_bytes, pieces);
}

const hashes = new Uint32Array(2 * LIMITS.chunk_records);

function encodePiece(
  set: WorkingSet,
  chunk: Chunk,
  split: Split,
  { part, order, from, to, body_from, body_to }: Piece,
  slot: number,
  { contract }: BatchOptions,
): EncodedBatch {
  const { fingerprint, parts } = set.plan;
  const rows = to - from;
  for (let row = 0; row < rows; row++) {
    const record = order[from + row];
    hashes[2 * row] = split.hashes[2 * record];
    hashes[2 * row + 1] = split.hashes[2 * record + 1];
  }
  const { source, chunk: number, first_record } = chunk;
  const written = writer.bytes.subarray(body_from, body_to);
  // Only now: where a part is split must not hang on the contract version.
  const body = contract < COMPACT_CONTRACT ? written : stepRecords(written);
  const batch = { source, chunk: number, plan: fingerprint, slot, parts, rows, first_record, hashes };
  return { slot, part, rows, message: encodeBatch(batch, body, contract) };
}
