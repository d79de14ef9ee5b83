import type { KafkaClient } from '@millrace/kafka';
import type { Database } from '@millrace/postgres';
import type { Plans } from '@millrace/stage';
import type { ChunkRow, ReadChunk } from '../steps/chunk-row.js';
import { isReadable } from './begin-partition.js';
import { openInbox } from './inbox-sources.js';
import { readRange } from './read-range.js';
import { type RecordedChunk, recordedFrom } from './recorded-chunks.js';
import { type InboxMessage, repackChunk } from './steps/pack-messages.js';
import { lastOffsetBelow, offsetAt } from './steps/position.js';
import { arrivedOf } from './steps/read-headers.js';
import { withPath } from './with-path.js';

const NOTHING = Buffer.alloc(0);
/** Below every offset: what needs no message need not wait for one. */
const AT_ONCE = -1n;

export interface Replay {
  row: RecordedChunk;
  isReadable: boolean;
  first: bigint;
  last: bigint;
  messages: InboxMessage[];
}

/** A recorded chunk, whole again or lost: its messages are gone, or no longer give what was recorded. */
export type Replayed = { row: ChunkRow; chunk: ReadChunk | null };

/**
 * The recorded chunks of an inbox's source from a number on, in order, made again from the messages that the topic still has.
 * They are read beside the partition's owner, who is not disturbed.
 * @param group of its own
 */
export async function* replayChunks(
  { db, kafka, plans }: { db: Database; kafka: KafkaClient; plans: Plans },
  { source, dataset, group }: { source: number; dataset: string; group: string },
  from_chunk: number,
): AsyncGenerator<Replayed> {
  const [{ topic, partition }] = await db.query<{ topic: string; partition: number }>(
    'select topic, partition from millrace.sources where id = $1',
    [source],
  );
  const bounds = (await openInbox(db, kafka, dataset)).partitions.find((log) => log.partition === partition);
  const replays = (await recordedFrom(db, source, from_chunk)).map((row) =>
    replayOf(row, bounds !== undefined && isReadable(row, bounds.sources[0], bounds)),
  );
  const read = replays.filter(({ first }) => first !== AT_ONCE);
  const range = { topic, partition, from: read[0]?.first ?? 0n, to: (read.at(-1)?.last ?? AT_ONCE) + 1n };
  const messages = read.length > 0 ? readMessages(readRange(kafka, group, range)) : [];
  const place = { topic, source: { partition } };
  for await (const { row, chunk } of remade(replays, messages)) {
    yield { row, chunk: chunk && withPath(chunk, place, plans) };
  }
}

async function* readMessages(batches: ReturnType<typeof readRange>): AsyncGenerator<InboxMessage> {
  for await (const batch of batches) {
    for (const { offset, value, headers, timestamp_ms } of batch) {
      yield { offset, value, arrived_ms: arrivedOf(headers, timestamp_ms) };
    }
  }
}

/** @param replays in order, and so are the messages; one of these may be of several chunks */
export async function* remade(
  replays: Replay[],
  messages: AsyncIterable<InboxMessage> | InboxMessage[],
): AsyncGenerator<Replayed> {
  let begun = 0;
  let done = 0;
  for await (const message of messages) {
    while (begun < replays.length && replays[begun].first <= message.offset) begun++;
    for (const { last, messages: own } of replays.slice(done, begun)) if (message.offset <= last) own.push(message);
    while (done < begun && replays[done].last <= message.offset) yield remake(replays[done++]);
  }
  while (done < replays.length) yield remake(replays[done++]);
}

function remake(replay: Replay): Replayed {
  const { row, isReadable } = replay;
  const { raw, arrived_ms, records, content_hash } = repackChunk(row.base_offset, row, replay.messages);
  replay.messages = [];
  const isSame = isReadable && records === row.records && content_hash.equals(row.content_hash);
  return { row, chunk: isSame ? { row, header: NOTHING, raw, arrived_ms } : null };
}

/** @param isReadable whether the log has its messages; a chunk without any needs none */
export function replayOf(row: RecordedChunk, isReadable: boolean): Replay {
  const { base_offset, first_record, byte_end, records } = row;
  const isRead = isReadable && records > 0;
  return {
    row,
    isReadable: isReadable || records === 0,
    first: isRead ? offsetAt(base_offset, first_record) : AT_ONCE,
    last: isRead ? lastOffsetBelow(base_offset, byte_end) : AT_ONCE,
    messages: [],
  };
}
