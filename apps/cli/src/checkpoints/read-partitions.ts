import { groupOf, LAYERS, type Layer, topicName } from '@millrace/contracts';
import { isTopicMissing, type KafkaClient } from '@millrace/kafka';
import { appliedOffsets, type Database, inboxApplied } from '@millrace/postgres';

/** Where one partition of one topic is. */
export interface PartitionCheckpoint {
  topic: string;
  partition: number;
  /** Who reads it. */
  stage: (typeof READERS)[Layer];
  /** The offset that the stage goes on from; null before its first commit. */
  committed: bigint | null;
  /** Everything below has its outcome in PostgreSQL, as far as that is kept by offset: of the inbox and the last topics. */
  applied: bigint | null;
  /** The log's bounds: its first offset, and the one behind its last. */
  low: bigint;
  high: bigint;
  /** Messages that the stage has not taken. */
  lag: number;
  /** Messages between the commit and the log's begin: deleted before they were taken. */
  deleted: number;
}

const READERS = {
  inbox: 'ingestor',
  bronze: 'cleaner',
  silver: 'deduper',
  screened: 'aggregator',
  rejects: 'aggregator',
} as const;

/** All partitions of a dataset's topics, in the order of the flow; a topic that does not exist is left out. @throws MillraceError KAFKA_UNREACHABLE */
export async function readPartitions(
  db: Database,
  kafka: KafkaClient,
  dataset: string,
): Promise<PartitionCheckpoint[]> {
  const applied = await readApplied(db, dataset);
  const found: PartitionCheckpoint[] = [];
  for (const layer of LAYERS) {
    const topic = topicName(layer, dataset);
    for (const { partition, committed, low, high, lag } of await lagOf(kafka, layer, topic)) {
      const gap = committed === undefined ? 0n : low - committed;
      found.push({
        topic,
        partition,
        stage: READERS[layer],
        committed: committed ?? null,
        applied: applied.get(`${topic}/${partition}`) ?? null,
        low,
        high,
        lag,
        deleted: gap > 0n ? Number(gap) : 0,
      });
    }
  }
  return found;
}

async function lagOf(kafka: KafkaClient, layer: Layer, topic: string) {
  try {
    return await kafka.lag(groupOf(READERS[layer]), [topic]);
  } catch (error) {
    if (isTopicMissing(error)) return [];
    throw error;
  }
}

async function readApplied(db: Database, dataset: string): Promise<Map<string, bigint>> {
  const topics = (['screened', 'rejects'] as const).map((layer) => topicName(layer, dataset));
  const offsets = await appliedOffsets(db, topics);
  // Of several sources of a partition the newest counts: it comes last.
  const inbox = await inboxApplied(db, dataset);
  return new Map([
    ...offsets.map(({ topic, partition, next_offset }) => [`${topic}/${partition}`, BigInt(next_offset)] as const),
    ...inbox.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset] as const),
  ]);
}
