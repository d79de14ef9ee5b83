import type { TopicPartition } from '@millrace/kafka';
import { metrics } from '@millrace/telemetry';
import type { ReadChunk } from '../steps/chunk-row.js';
import type { InboxParts } from './inbox.flow.js';
import { InboxPartition } from './inbox-partition.js';
import { type InboxPartitionLog, type InboxSource, openInbox } from './inbox-sources.js';
import { lostMessages, tellLoss, tellReplaced } from './lost-messages.js';
import { nextChunk, type RecordedChunk, settleFormer, unresolvedChunks } from './recorded-chunks.js';
import { offsetAt, SOURCE_END } from './steps/position.js';

export interface BegunPartition {
  partition: InboxPartition;
  /** Without an outcome, and not to be made again: published, or no longer readable. */
  watched: RecordedChunk[];
  /** Recorded and not published, made again without any message. */
  empty: ReadChunk[];
  /** All that these are of, and the partition's own. */
  sources: Set<number>;
}

type Parts = Pick<InboxParts, 'db' | 'kafka' | 'log'>;

/** Where a partition goes on: from what PostgreSQL has recorded, as far as the log still has it. */
export async function beginPartition(parts: Parts, dataset: string, at: TopicPartition): Promise<BegunPartition> {
  const { db, kafka, log } = parts;
  const inbox = await openInbox(db, kafka, dataset);
  const bounds = inbox.partitions.find(({ partition }) => partition === at.partition) as InboxPartitionLog;
  const source = bounds.sources.find(({ next_record }) => next_record < SOURCE_END) as InboxSource;
  await settleFormer(db, at.topic, at.partition, source.source);
  const unresolved = await unresolvedChunks(db, at.topic, at.partition);
  const next_chunk = await nextChunk(db, source.source);

  const unpublished = unresolved.filter(({ isPublished }) => !isPublished);
  const empty = unpublished.filter(({ records }) => records === 0);
  const replayed = unpublished.filter((chunk) => chunk.records > 0 && isReadable(chunk, source, bounds));
  const watched = unresolved.filter((chunk) => !empty.includes(chunk) && !replayed.includes(chunk));

  const partition = new InboxPartition(dataset, at.topic, source, next_chunk, bounds.low, replayed);
  for (const chunk of unresolved) partition.await(chunk, isReadable(chunk, source, bounds));
  await tellFormer(parts, partition);
  await tellLosses(parts, partition, bounds);
  // Here, as whoever found them lost ended at once, and its metrics with it.
  metrics.heals.inc({ dataset }, unpublished.filter(({ heals }) => heals > 0).length);
  const counts = { unpublished: unpublished.length, unresolved: unresolved.length };
  const offsets = { recorded: String(partition.recorded), expected: String(partition.expected) };
  log.info({ dataset, ...at, source: source.source, ...offsets, ...counts }, 'inbox partition begun');
  return {
    partition,
    watched,
    empty: empty.map((row) => ({ row, header: Buffer.alloc(0), raw: Buffer.alloc(0) })),
    sources: new Set([source.source, ...unresolved.map((row) => row.source)]),
  };
}

/** Whether the log should still have the messages of a chunk. */
export function isReadable(
  { topic_id, base_offset, first_record, byte_end }: RecordedChunk,
  source: Pick<InboxSource, 'topic_id'>,
  { low, high }: { low: bigint; high: bigint },
): boolean {
  return (
    topic_id === source.topic_id &&
    offsetAt(base_offset, first_record) >= low &&
    offsetAt(base_offset, byte_end - 1) < high
  );
}

/** What the log lost before it was recorded is told once, with the source that it is missing in. */
async function tellLosses({ db, log }: Parts, partition: InboxPartition, { low }: InboxPartitionLog): Promise<void> {
  const { topic, source, recorded } = partition;
  if (recorded >= low) return;
  const loss = lostMessages(topic, source.partition, recorded, low, 'were deleted before they were recorded');
  if (!(await tellLoss(db, source.source, loss))) return;
  metrics.offsetGaps.inc({ stage: 'ingestor', topic });
  const { error, from, to } = loss;
  log.error(
    {
      dataset: partition.dataset,
      source: source.source,
      code: error.code,
      lost_offsets: Number(to - from),
      err: error,
    },
    'messages were lost from the inbox',
  );
}

async function tellFormer({ db, log }: Parts, { dataset, topic, source }: InboxPartition): Promise<void> {
  for (const { source: former, message } of await tellReplaced(db, topic, source.partition, source.topic_id)) {
    metrics.offsetGaps.inc({ stage: 'ingestor', topic });
    log.error({ dataset, source: former, code: 'INBOX_LOST', reason: message }, 'an inbox was made anew');
  }
}
