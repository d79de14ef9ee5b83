import { groupOf, MillraceError } from '@millrace/contracts';
import type { KafkaClient } from '@millrace/kafka';
import type { Database } from '@millrace/postgres';
import type { ChunkRow } from '../steps/chunk-row.js';
import { errorJson } from '../steps/record-cuts.js';
import type { InboxPartition } from './inbox-partition.js';
import { lower } from './steps/position.js';

/** The bounds of a partition's log. @throws MillraceError KAFKA_UNREACHABLE */
export async function boundsOf(
  kafka: KafkaClient,
  topic: string,
  partition: number,
): Promise<{ low: bigint; high: bigint }> {
  const bounds = (await kafka.lag(groupOf('ingestor'), [topic])).find((log) => log.partition === partition);
  if (bounds) return bounds;
  throw new MillraceError('KAFKA_UNREACHABLE', `${topic} has no partition ${partition}`, {
    place: { topic, partition },
  });
}

/**
 * What of the gaps between messages the log has lost. Offsets without a message are nothing unusual (markers of
 * transactions); those that lie below the log's start may have had one.
 */
export function lossOf(
  { topic, source }: InboxPartition,
  gaps: { from: bigint; to: bigint }[],
  low: bigint,
): MillraceError | null {
  const gap = gaps.find(({ from }) => from < low);
  if (!gap) return null;
  return lostMessages(topic, source.partition, gap.from, lower(gap.to, low), 'were deleted before they were recorded');
}

export function lostMessages(topic: string, partition: number, from: bigint, to: bigint, what: string): MillraceError {
  const message = `${topic}/${partition}: the messages at offsets ${from} to ${to - 1n} ${what}`;
  return new MillraceError('INBOX_LOST', message, { place: { topic, partition, offset: String(from) } });
}

/** Told with the source, which goes on. @returns whether it is news */
export async function tellLoss(db: Database, source: number, loss: MillraceError): Promise<boolean> {
  const told = await db.query(
    'update millrace.sources set error = $2::jsonb where id = $1 and error is distinct from $2::jsonb returning id',
    [source, errorJson(loss)],
  );
  return told.length > 0;
}

/** A recorded chunk that can never be published again: red in the books, and its source goes on. */
export async function markLost(db: Database, row: ChunkRow): Promise<MillraceError> {
  const message = `the messages of chunk ${row.chunk} are no longer in the inbox as they were recorded`;
  const loss = new MillraceError('INBOX_LOST', message);
  await db.transaction(async (tx) => {
    const marked = await tx.query(
      `insert into millrace.manifests (source, chunk, records, rejected, skipped, slots, failed)
       values ($1, $2, $3, 0, 0, '{}', true) on conflict do nothing returning source`,
      [row.source, row.chunk, row.records],
    );
    if (marked.length === 0) return;
    await tx.query(
      `insert into millrace.set_aside (dataset, stage, topic, partition, "offset", source, chunk, code, reason, size_bytes)
       select dataset, 'ingestor', topic, partition, base_offset + ($2::bigint >> 20), id, $3, $4, $5, 0
       from millrace.sources where id = $1 on conflict do nothing`,
      [row.source, row.first_record, row.chunk, loss.code, loss.message],
    );
    await tx.query('update millrace.sources set error = $2::jsonb where id = $1', [row.source, errorJson(loss)]);
  });
  return loss;
}
