import { ARRIVED_HEADER, bronzePartition, releaseBytes, topicName } from '@millrace/contracts';
import type { OutgoingMessage, Publisher } from '@millrace/kafka';
import type { Database } from '@millrace/postgres';
import { bodyBytes, type ChunkRow, keyOf, type OutgoingChunk, packChunk } from './chunk-row.js';

/** Small chunks travel together up to so many bytes. */
const BATCH_BYTES = 1024 * 1024;

export function* batchesOf(chunks: OutgoingChunk[]): Generator<OutgoingChunk[]> {
  let batch: OutgoingChunk[] = [];
  let size_bytes = 0;
  for (const chunk of chunks) {
    if (batch.length > 0 && size_bytes + bodyBytes(chunk) > BATCH_BYTES) {
      yield batch;
      batch = [];
      size_bytes = 0;
    }
    batch.push(chunk);
    size_bytes += bodyBytes(chunk);
  }
  if (batch.length > 0) yield batch;
}

/** The same chunk always gives the same message at the same place, in whichever contract version; when it came travels beside it. */
function bronzeMessage(dataset: string, chunk: OutgoingChunk, contract?: number): OutgoingMessage {
  const { source, chunk: number } = chunk.row;
  return {
    topic: topicName('bronze', dataset),
    partition: bronzePartition(source, number),
    key: keyOf(chunk.row),
    value: 'message' in chunk ? chunk.message : packChunk(chunk, contract).message,
    headers: chunk.arrived_ms === undefined ? undefined : { [ARRIVED_HEADER]: Buffer.from(String(chunk.arrived_ms)) },
  };
}

/** Resolves when all are acknowledged; chunks that were packed are empty then. @returns bytes sent */
export async function publishChunks(
  publisher: Publisher,
  dataset: string,
  chunks: OutgoingChunk[],
  contract?: number,
): Promise<number> {
  const messages = chunks.map((chunk) => bronzeMessage(dataset, chunk, contract));
  const size_bytes = messages.reduce((sum, { value }) => sum + value.length, 0);
  await publisher.publish(messages);
  // What is acknowledged is sent no more.
  for (const { value } of messages) releaseBytes(value);
  return size_bytes;
}

/** Of chunks that were published once more: only those that were not known to be published are. */
export async function markUnmarked(db: Database, rows: ChunkRow[]): Promise<void> {
  await db.query(
    `update millrace.chunks set published_at = clock_timestamp()
     from unnest($1::int[], $2::int[]) as sent (source, chunk)
     where chunks.source = sent.source and chunks.chunk = sent.chunk and published_at is null`,
    [rows.map(({ source }) => source), rows.map(({ chunk }) => chunk)],
  );
}

export async function markPublished(db: Database, rows: ChunkRow[]): Promise<void> {
  await db.query(
    `update millrace.chunks set published_at = clock_timestamp()
     from unnest($1::int[], $2::int[]) as sent (source, chunk)
     where chunks.source = sent.source and chunks.chunk = sent.chunk`,
    [rows.map(({ source }) => source), rows.map(({ chunk }) => chunk)],
  );
}
