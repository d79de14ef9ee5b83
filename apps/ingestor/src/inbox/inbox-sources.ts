import { setTimeout as sleep } from 'node:timers/promises';
import { groupOf, INBOX_SOURCE_OFFSETS, inboxBase, inboxRecord, MillraceError, topicName } from '@millrace/contracts';
import type { KafkaClient } from '@millrace/kafka';
import { type Database, type Queryable, REGISTRATION_LOCK } from '@millrace/postgres';
import { higher, offsetAt, SOURCE_END } from './steps/position.js';

/** One partition of an inbox, from an offset on: see `INBOX_SOURCE_OFFSETS`. */
export interface InboxSource {
  source: number;
  partition: number;
  /** Kafka's id of the topic; with a suffix where the log was cut off at its end since (`.2`, `.3`, ...). */
  topic_id: string;
  base_offset: bigint;
  /** The position from which it goes on. */
  next_record: number;
}

export interface InboxPartitionLog {
  partition: number;
  /** Kafka's bounds of the log. */
  low: bigint;
  high: bigint;
  /** In order of their bases; the first one that is not at its end is read, the last one holds what is written now. */
  sources: InboxSource[];
}

export interface Inbox {
  topic: string;
  /** As Kafka knows it. */
  topic_id: string;
  partitions: InboxPartitionLog[];
}

/** Before a log counts as cut off at its end it is looked at twice. */
const LOOK_AGAIN_MS = 1000;
const SPAN = BigInt(INBOX_SOURCE_OFFSETS);

/**
 * Registers what is missing of a dataset's inbox. A topic that was made anew has other sources.
 * @returns for each partition the source that holds what is written now
 * @throws MillraceError KAFKA_UNREACHABLE, POSTGRES_UNREACHABLE
 */
export async function ensureInboxSources(db: Database, kafka: KafkaClient, dataset: string): Promise<InboxSource[]> {
  const { partitions } = await openInbox(db, kafka, dataset);
  return partitions.map(({ sources }) => sources[sources.length - 1]);
}

/** The same, with all that a reader of the inbox has to know. */
export async function openInbox(db: Database, kafka: KafkaClient, dataset: string): Promise<Inbox> {
  const topic = topicName('inbox', dataset);
  const cluster_id = await kafka.clusterId();
  for (;;) {
    const topic_id = await idOf(kafka, topic);
    const known = await readSources(db, topic, topic_id);
    const partitions = await withLogs(kafka, topic, known);
    const missing = partitions.flatMap((log) => missingOf(log, topic_id));
    if (missing.length === 0) return { topic, topic_id, partitions };
    // Made anew since it was asked for: these are the bounds of another log.
    if ((await idOf(kafka, topic)) !== topic_id) continue;
    await register(db, { dataset, topic, cluster_id }, known, missing);
  }
}

async function idOf(kafka: KafkaClient, topic: string): Promise<string> {
  const topic_id = (await kafka.topicIds([topic])).get(topic);
  if (topic_id) return topic_id;
  throw new MillraceError('KAFKA_UNREACHABLE', `there is no topic ${topic}`, { place: { topic } });
}

/** Of the topic, also the generations of it that ended when its log was cut off. */
async function readSources(db: Queryable, topic: string, topic_id: string): Promise<InboxSource[]> {
  const rows = await db.query<Omit<InboxSource, 'base_offset'> & { base_offset: string }>(
    `select id as source, partition, topic_id, base_offset::text as base_offset, next_record from millrace.sources
     where kind = 'inbox' and topic = $1 and (topic_id = $2 or starts_with(topic_id, $2 || '.'))
     order by partition, base_offset, id`,
    [topic, topic_id],
  );
  return rows.map((row) => ({ ...row, base_offset: BigInt(row.base_offset) }));
}

/** Kafka is asked after PostgreSQL: what is recorded was in the log before. */
async function withLogs(kafka: KafkaClient, topic: string, known: InboxSource[]): Promise<InboxPartitionLog[]> {
  const look = async () => {
    const bounds = await kafka.lag(groupOf('ingestor'), [topic]);
    return bounds.map(({ partition, low, high }) => {
      const own = known.filter((source) => source.partition === partition);
      const newest = own.reduce((last, source) => Math.max(last, source.source), 0);
      const generation = own.find(({ source }) => source === newest)?.topic_id;
      return { partition, low, high, sources: own.filter((source) => source.topic_id === generation) };
    });
  };
  const logs = await look();
  if (!logs.some(isCutOff)) return logs;
  await sleep(LOOK_AGAIN_MS);
  return look();
}

/** Whether the log ends below what was recorded of it: the broker lost its end, and gives these offsets again. */
export function isCutOff({ sources, high }: InboxPartitionLog): boolean {
  return sources.some(
    ({ base_offset, next_record }) =>
      next_record > 0 && next_record < SOURCE_END && offsetAt(base_offset, next_record) > high,
  );
}

function missingOf(log: InboxPartitionLog, topic_id: string): Omit<InboxSource, 'source'>[] {
  const { partition, low, high, sources } = log;
  const isNew = sources.length === 0 || isCutOff(log);
  const from = isNew ? inboxBase(low) : sources[sources.length - 1].base_offset + SPAN;
  const generation = sources.length === 0 ? topic_id : isNew ? successorOf(sources[0].topic_id) : sources[0].topic_id;
  // Even where there is no message yet that it would hold.
  const isDue = isNew || sources[sources.length - 1].next_record === SOURCE_END;
  const missing: Omit<InboxSource, 'source'>[] = [];
  for (let base = from; base < high || (isDue && missing.length === 0); base += SPAN) {
    const next_record = inboxRecord(base, higher(base, low), 0);
    missing.push({ partition, topic_id: generation, base_offset: base, next_record });
  }
  return missing;
}

/** `id` -> `id.2` -> `id.3` */
function successorOf(generation: string): string {
  const [topic_id, number = '1'] = generation.split('.');
  return `${topic_id}.${Number(number) + 1}`;
}

/** Several may do so at once: who finds that others were faster looks again. */
async function register(
  db: Database,
  { dataset, topic, cluster_id }: { dataset: string; topic: string; cluster_id: string },
  known: InboxSource[],
  missing: Omit<InboxSource, 'source'>[],
): Promise<void> {
  const topic_id = missing[0].topic_id.split('.')[0];
  await db.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [REGISTRATION_LOCK]);
    if ((await readSources(tx, topic, topic_id)).length !== known.length) return;
    await tx.query(
      `insert into millrace.sources (id, dataset, kind, path, state, sealed, settled, topic, partition, cluster_id, topic_id,
         base_offset, next_record)
       select millrace.last_source() + number, $1, 'inbox', $2 || '[' || partition || ']', 'live',
         false, true, $2, partition, $3, topic_id, base_offset, next_record
       from unnest($4::int[], $5::text[], $6::bigint[], $7::bigint[]) with ordinality
         as missing (partition, topic_id, base_offset, next_record, number)`,
      [
        dataset,
        topic,
        cluster_id,
        missing.map(({ partition }) => partition),
        missing.map((source) => source.topic_id),
        missing.map(({ base_offset }) => String(base_offset)),
        missing.map(({ next_record }) => next_record),
      ],
    );
  });
}
