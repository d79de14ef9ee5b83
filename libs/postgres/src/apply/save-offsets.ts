import type pg from 'pg';
import { type LockedPartition, partitionKey } from './lock-offsets.js';
import type { ApplyMessage } from './messages.js';

export interface SavedOffset {
  topic: string;
  partition: number;
  before: bigint;
  next_offset: bigint;
  /** A message below `before` was unknown to the ledger: the topic was made anew and counts from 0 again. */
  recreated: boolean;
}

/** Step 7: where to read on. @param fresh messages that the ledger did not know before this transaction */
export async function saveOffsets(
  client: pg.ClientBase,
  partitions: Map<string, LockedPartition>,
  fresh: ReadonlySet<ApplyMessage>,
): Promise<SavedOffset[]> {
  const saved = new Map<string, SavedOffset>();
  for (const [key, { topic, partition, next_offset, offsets }] of partitions) {
    const after = offsets[offsets.length - 1] + 1n;
    saved.set(key, {
      topic,
      partition,
      before: next_offset,
      next_offset: after > next_offset ? after : next_offset,
      recreated: false,
    });
  }
  for (const message of fresh) {
    const { next_offset, offsets } = partitions.get(partitionKey(message))!;
    if (message.offset >= next_offset) continue;
    const offset = saved.get(partitionKey(message))!;
    offset.recreated = true;
    offset.next_offset = offsets[offsets.length - 1] + 1n;
  }
  const changed = [...saved.values()].filter(({ before, next_offset }) => before !== next_offset);
  if (changed.length > 0) {
    await client.query(
      `update millrace.offsets o set next_offset = new.next_offset
       from unnest($1::text[], $2::int[], $3::bigint[]) as new (topic, partition, next_offset)
       where o.topic = new.topic and o.partition = new.partition`,
      [
        changed.map(({ topic }) => topic),
        changed.map(({ partition }) => partition),
        changed.map(({ next_offset }) => next_offset),
      ],
    );
  }
  return [...saved.values()];
}
