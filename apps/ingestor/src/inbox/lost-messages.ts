import { groupOf, MillraceError } from '@millrace/contracts';
import type { KafkaClient } from '@millrace/kafka';
import type { Database } from '@millrace/postgres';
import type { ChunkRow } from '../steps/chunk-row.js';
import { errorJson } from '../steps/record-cuts.js';
import type { InboxPartition } from './inbox-partition.js';
import { lower, SOURCE_END } from './steps/position.js';

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

/** A range of offsets of a partition that nobody can read any more and that was never recorded; `to` is exclusive. */
export interface Loss {
  from: bigint;
  to: bigint;
  error: MillraceError;
}

/**
 * What of the gaps between messages the log has lost. Offsets without a message are nothing unusual (markers of
 * transactions); those that lie below the log's start may have had one.
 */
export function lossOf(
  { topic, source }: InboxPartition,
  gaps: { from: bigint; to: bigint }[],
  low: bigint,
): Loss | null {
  const gap = gaps.find(({ from }) => from < low);
  if (!gap) return null;
  return lostMessages(topic, source.partition, gap.from, lower(gap.to, low), 'were deleted before they were recorded');
}

export function lostMessages(topic: string, partition: number, from: bigint, to: bigint, what: string): Loss {
  const message = `${topic}/${partition}: the messages at offsets ${from} to ${to - 1n} (${to - from} in all) ${what}`;
  const place = { topic, partition, offset: String(from) };
  return { from, to, error: new MillraceError('INBOX_LOST', message, { place }) };
}

/**
 * SQL: what `sources.error` becomes. `lost_offsets` counts all that the source ever lost so; a range that grew since it was told
 * counts once.
 */
export const lossJson = (error: string, loss: { message: string; from: string; to: string }): string => {
  const { message, from, to } = loss;
  const size = `(${error}->>'to')::bigint - (${error}->>'from')::bigint`;
  const before = `coalesce((${error}->>'lost_offsets')::bigint, 0)
    - case when ${error}->>'from' = ${from}::text then ${size} else 0 end`;
  return `jsonb_build_object('code', 'INBOX_LOST', 'message', ${message}, 'from', ${from}::text, 'to', ${to}::text,
    'lost_offsets', ${to}::bigint - ${from}::bigint + ${before})`;
};

/** Told with the source, which goes on. @returns whether it is news */
export async function tellLoss(db: Database, source: number, { from, to, error }: Loss): Promise<boolean> {
  const told = await db.query(
    `update millrace.sources set error = ${lossJson('error', { message: '$2::text', from: '$3', to: '$4' })}
     where id = $1 and (error->>'from' is distinct from $3::text or error->>'to' is distinct from $4::text) returning id`,
    [source, error.message, String(from), String(to)],
  );
  return told.length > 0;
}

/**
 * A topic that was made anew is other sources: those of the former one are told that what they had not read is gone with it.
 * How much that was nobody can say any more.
 * @returns those to which it is news
 */
export async function tellReplaced(
  db: Database,
  topic: string,
  partition: number,
  topic_id: string,
): Promise<{ source: number; message: string }[]> {
  return db.query(
    `update millrace.sources set error = coalesce(error, '{}') || jsonb_build_object('code', 'INBOX_LOST', 'replaced', true, 'message',
       format('%s/%s was deleted: what it held from offset %s on was not recorded and is gone with it, how much cannot be told',
         topic, partition, base_offset + (next_record >> 20)))
     where kind = 'inbox' and topic = $1 and partition = $2 and split_part(topic_id, '.', 1) <> split_part($3, '.', 1)
       and next_record < ${SOURCE_END} and error->'replaced' is null
     returning id as source, error->>'message' as message`,
    [topic, partition, topic_id],
  );
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
    await tx.query(`update millrace.sources set error = coalesce(error, '{}') || $2::jsonb where id = $1`, [
      row.source,
      errorJson(loss),
    ]);
  });
  return loss;
}
