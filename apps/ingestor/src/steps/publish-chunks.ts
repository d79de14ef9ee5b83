import { ARRIVED_HEADER, bronzePartition, encodeChunk, topicName } from '@millrace/contracts';
import type { OutgoingMessage, Publisher } from '@millrace/kafka';
import type { Database } from '@millrace/postgres';
import { type ChunkRow, keyOf, messageOf, type ReadChunk } from './chunk-row.js';

/** Small chunks travel together up to so many bytes. */
const BATCH_BYTES = 1024 * 1024;

export function* batchesOf(chunks: ReadChunk[]): Generator<ReadChunk[]> {
  let batch: ReadChunk[] = [];
  let size_bytes = 0;
  for (const chunk of chunks) {
    if (batch.length > 0 && size_bytes + chunk.raw.length > BATCH_BYTES) {
      yield batch;
      batch = [];
      size_bytes = 0;
    }
    batch.push(chunk);
    size_bytes += chunk.raw.length;
  }
  if (batch.length > 0) yield batch;
}

/** The same chunk always gives the same message at the same place, in whichever contract version; when it came travels beside it. */
export function bronzeMessage(dataset: string, chunk: ReadChunk, contract?: number): OutgoingMessage {
  const { source, chunk: number } = chunk.row;
  return {
    topic: topicName('bronze', dataset),
    partition: bronzePartition(source, number),
    key: keyOf(chunk.row),
    value: encodeChunk(messageOf(chunk), contract),
    headers: chunk.arrived_ms === undefined ? undefined : { [ARRIVED_HEADER]: Buffer.from(String(chunk.arrived_ms)) },
  };
}

/** Resolves when all are acknowledged. @returns bytes sent */
export async function publishChunks(
  publisher: Publisher,
  dataset: string,
  chunks: ReadChunk[],
  contract?: number,
): Promise<number> {
  const messages = chunks.map((chunk) => bronzeMessage(dataset, chunk, contract));
  await publisher.publish(messages);
  return messages.reduce((sum, { value }) => sum + value.length, 0);
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
