import type { Transaction } from '@millrace/postgres';
import { CHUNK_COLUMNS, type ChunkRow } from './chunk-row.js';

/**
 * Writes chunks down. No ON CONFLICT: whoever calls holds the locks of their sources.
 * @param droppedOf offsets within an inbox's chunk that are not in it; none for files
 */
export async function insertChunks<T extends { row: ChunkRow }>(
  tx: Transaction,
  chunks: readonly T[],
  droppedOf: (chunk: T) => readonly bigint[] = () => [],
): Promise<void> {
  if (chunks.length === 0) return;
  const rows = chunks.map(({ row }) => row);
  // An array of arrays must have rows of one length: hence text.
  const dropped = chunks.map(droppedOf).map((offsets) => (offsets.length > 0 ? `{${offsets.join(',')}}` : null));
  await tx.query(
    `insert into millrace.chunks (${CHUNK_COLUMNS}, dropped)
     select ${CHUNK_COLUMNS}, dropped::bigint[]
     from unnest($1::int[], $2::int[], $3::text[], $4::smallint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::int[],
       $9::bytea[], $10::text[]) as made (${CHUNK_COLUMNS}, dropped)`,
    [
      rows.map((row) => row.source),
      rows.map((row) => row.chunk),
      rows.map((row) => row.fingerprint),
      rows.map((row) => row.flags),
      rows.map((row) => row.byte_start),
      rows.map((row) => row.byte_end),
      rows.map((row) => row.first_record),
      rows.map((row) => row.records),
      rows.map((row) => row.content_hash),
      dropped,
    ],
  );
}
