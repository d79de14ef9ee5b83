import { CHUNK_FLAG, MillraceError } from '@millrace/contracts';
import type { Database, Transaction } from '@millrace/postgres';
import { requireActive } from '../steps/active-plans.js';
import type { ReadChunk } from '../steps/chunk-row.js';
import { insertChunks } from '../steps/insert-chunks.js';
import { type Claim, decideRepeats } from './decide-repeats.js';
import type { InboxPartition, LiveMessage } from './inbox-partition.js';
import { type Loss, lossJson } from './lost-messages.js';
import { packMessages } from './steps/pack-messages.js';
import { SOURCE_END } from './steps/position.js';
import { readMessage } from './steps/read-message.js';

/** What is to be written down of one partition. */
export interface Recording {
  partition: InboxPartition;
  /** Of the plan that its chunks are cut under. */
  fingerprint: string;
  /** Not empty. */
  messages: LiveMessage[];
  /** What the inbox lost before it could be recorded, to be told with the source; null for nothing. */
  loss: Loss | null;
}

export interface Recorded {
  partition: InboxPartition;
  chunks: ReadChunk[];
  /** Rows of messages that were left out, as they repeat others. */
  repeated: number;
}

/**
 * Packs messages into chunks and writes them down, in one transaction and before any of them is published. Another owner
 * of a partition that was faster is met at the fence: the position from which the source goes on.
 * @param verified rejects when the messages do not belong to the sources; awaited before the commit
 * @throws MillraceError OFFSET_FENCED, PLAN_BUSY when another version has taken the plan's place, and what `verified` throws
 */
export async function recordMessages(
  db: Database,
  recordings: Recording[],
  verified: Promise<void>,
): Promise<Recorded[]> {
  return db.transaction(async (tx) => {
    await passFence(tx, recordings);
    for (const [dataset, own] of Map.groupBy(recordings, ({ partition }) => partition.dataset)) {
      await requireActive(
        tx,
        dataset,
        own.map(({ fingerprint }) => fingerprint),
      );
    }
    const repeats = await decideRepeats(tx, recordings.flatMap(claimsOf));
    const recorded = recordings.map((recording) => packRecording(recording, repeats));
    await insertChunks(
      tx,
      recorded.flatMap(({ chunks }) => chunks),
      ({ dropped }) => dropped,
    );
    await advanceSources(tx, recordings, recorded);
    await verified;
    return recorded;
  });
}

/** A source that holds no more offsets: its successor goes on. */
export async function closeSource(
  db: Database,
  { source, next_record }: { source: number; next_record: number },
): Promise<void> {
  await db.query('update millrace.sources set next_record = $3 where id = $1 and next_record = $2', [
    source,
    next_record,
    SOURCE_END,
  ]);
}

/** In the order of the sources: two transactions never wait for each other in a circle. */
async function passFence(tx: Transaction, recordings: Recording[]): Promise<void> {
  const rows = await tx.query<{ id: number; next_record: number }>(
    'select id, next_record from millrace.sources where id = any ($1::int[]) order by id for update',
    [recordings.map(({ partition }) => partition.source.source)],
  );
  const positions = new Map(rows.map(({ id, next_record }) => [id, next_record]));
  for (const { partition } of recordings) {
    const { source, topic, next_record } = partition;
    if (positions.get(source.source) === next_record) continue;
    const message = `another ingestor recorded messages of ${topic}/${source.partition} behind ${partition.recorded}`;
    throw new MillraceError('OFFSET_FENCED', message, { place: { topic, partition: source.partition } });
  }
}

function claimsOf({ partition, messages }: Recording): Claim[] {
  const { dataset, source } = partition;
  return messages.filter(hasKey).map((message) => ({ dataset, source: source.source, message }));
}

function hasKey(message: LiveMessage): message is Claim['message'] {
  return message.key !== undefined;
}

function packRecording({ partition, fingerprint, messages }: Recording, repeats: ReadonlySet<Claim>) {
  const { source } = partition.source;
  const own = [...repeats].filter((claim) => claim.source === source).map(({ message }) => message);
  const dropped = new Set(own.map(({ offset }) => offset));
  const packed = packMessages(partition.source.base_offset, partition.next_record, messages, dropped);
  return {
    partition,
    chunks: partition.number(packed, fingerprint, CHUNK_FLAG.entries),
    repeated: own.reduce((sum, { value }) => sum + readMessage(value).rows.length, 0),
  };
}

const LOSS = lossJson('error', { message: 'lost', from: 'lost_from', to: 'lost_to' });

async function advanceSources(tx: Transaction, recordings: Recording[], recorded: Recorded[]): Promise<void> {
  await tx.query(
    `update millrace.sources set next_record = went.next_record, settled = false,
       error = case when lost is null then error else ${LOSS} end
     from unnest($1::int[], $2::bigint[], $3::text[], $4::text[], $5::text[]) as went (id, next_record, lost, lost_from, lost_to)
     where sources.id = went.id`,
    [
      recorded.map(({ partition }) => partition.source.source),
      recorded.map(({ chunks }) => chunks[chunks.length - 1].row.byte_end),
      recordings.map(({ loss }) => loss?.error.message ?? null),
      recordings.map(({ loss }) => loss && String(loss.from)),
      recordings.map(({ loss }) => loss && String(loss.to)),
    ],
  );
}
