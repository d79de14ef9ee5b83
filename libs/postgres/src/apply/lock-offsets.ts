import { MillraceError } from '@millrace/contracts';
import type pg from 'pg';
import type { ApplyMessage } from './messages.js';

/** A partition in hand: its row in `millrace.offsets` is locked until the transaction ends. */
export interface LockedPartition {
  topic: string;
  partition: number;
  /** Everything below was applied or is gone from the topic, as far as PostgreSQL knows. */
  next_offset: bigint;
  /** Ascending. */
  offsets: bigint[];
}

export const partitionKey = ({ topic, partition }: { topic: string; partition: number }): string =>
  `${topic}/${partition}`;

/**
 * Step 1: locks the offset row of every partition in hand, in order, so that two appliers never wait for each other in a
 * circle. A partition's messages are applied under its lock only: that makes us the only writer of its parts.
 */
export async function lockOffsets(
  client: pg.ClientBase,
  messages: ApplyMessage[],
): Promise<Map<string, LockedPartition>> {
  const partitions = groupOffsets(messages);
  const wanted = [...partitions.values()];
  const parameters = [wanted.map(({ topic }) => topic), wanted.map(({ partition }) => partition)];
  let rows = await selectForUpdate(client, parameters);
  if (rows.length < wanted.length) {
    // A partition seen for the first time begins with its first message in hand; another applier's row wins over ours.
    await client.query(
      `insert into millrace.offsets (topic, partition, next_offset)
       select topic, partition, next_offset from unnest($1::text[], $2::int[], $3::bigint[])
         as new (topic, partition, next_offset)
       order by topic collate "C", partition on conflict do nothing`,
      [...parameters, wanted.map(({ offsets }) => offsets[0])],
    );
    rows = await selectForUpdate(client, parameters);
  }
  for (const row of rows) partitions.get(partitionKey(row))!.next_offset = BigInt(row.next_offset);
  return partitions;
}

/**
 * Refuses a gap that nobody vouches for. `expected` is what this process knows of a partition: where it began to read, or
 * what it applied last. When PostgreSQL knows the same and the message stands above, the stage has asked Kafka and the records
 * between are gone: we go on, and `gaps` says so. When PostgreSQL knows less than we do, somebody moved it back: start anew.
 * @throws MillraceError OFFSET_FENCED with the expected offset in `place`
 */
export function checkGaps(
  partitions: Iterable<LockedPartition>,
  expected: ReadonlyMap<string, bigint>,
): { topic: string; partition: number; from: bigint; to: bigint }[] {
  const gaps = [];
  for (const { topic, partition, next_offset, offsets } of partitions) {
    const above = offsets.find((offset) => offset >= next_offset);
    if (above === undefined || above === next_offset || offsets[0] < next_offset) continue;
    if (expected.get(partitionKey({ topic, partition })) !== next_offset) {
      throw new MillraceError(
        'OFFSET_FENCED',
        `${topic}/${partition}: message ${above} in hand, but PostgreSQL expects ${next_offset}: read again from there`,
        { place: { topic, partition, offset: String(next_offset) } },
      );
    }
    gaps.push({ topic, partition, from: next_offset, to: above });
  }
  return gaps;
}

function groupOffsets(messages: ApplyMessage[]): Map<string, LockedPartition> {
  const partitions = new Map<string, LockedPartition>();
  for (const { topic, partition, offset } of messages) {
    const key = partitionKey({ topic, partition });
    const found = partitions.get(key);
    if (found) found.offsets.push(offset);
    else partitions.set(key, { topic, partition, next_offset: 0n, offsets: [offset] });
  }
  for (const { offsets } of partitions.values()) offsets.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return partitions;
}

async function selectForUpdate(client: pg.ClientBase, parameters: unknown[][]) {
  const { rows } = await client.query<{ topic: string; partition: number; next_offset: string }>(
    `select o.topic, o.partition, o.next_offset::text
     from millrace.offsets o join unnest($1::text[], $2::int[]) as wanted (topic, partition)
       on wanted.topic = o.topic and wanted.partition = o.partition
     order by o.topic collate "C", o.partition for update of o`,
    parameters,
  );
  return rows;
}
