import { CHUNK_FLAG, INBOX_SOURCE_OFFSETS, inboxRecord } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { InboxPartition, type LiveMessage } from './inbox-partition.js';
import type { RecordedChunk } from './recorded-chunks.js';
import { packMessages } from './steps/pack-messages.js';

const at = (offset: number | bigint, row = 0) => inboxRecord(0n, BigInt(offset), row);
const message = (offset: number, text = `m${offset}`): LiveMessage => ({
  offset: BigInt(offset),
  value: Buffer.from(text),
  arrived_ms: 0,
  key: undefined,
});
const messages = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => message(from + index));
const offsetsOf = (list: { offset: bigint }[]) => list.map(({ offset }) => Number(offset));

/** Chunks of so many messages each, from offset 0 on, as they would be recorded. */
function recordedOf(sizes: number[]): RecordedChunk[] {
  let from = 0;
  return sizes.map((size, chunk) => {
    const [{ raw: _raw, arrived_ms: _arrived, ...place }] = packMessages(
      0n,
      at(from),
      messages(from, from + size),
      new Set(),
    );
    from += size;
    const row = { source: 7, chunk, fingerprint: 'f', flags: CHUNK_FLAG.entries, ...place };
    return { ...row, isPublished: false, heals: 0, base_offset: 0n, topic_id: 'id' };
  });
}

function partition(next: number, replayed: RecordedChunk[] = [], low = 0n, base_offset = 0n): InboxPartition {
  const source = { source: 7, partition: 0, topic_id: 'id', base_offset, next_record: next };
  return new InboxPartition('sales', 'inbox.sales', source, replayed.length, low, replayed);
}

function record(live: InboxPartition, fresh: LiveMessage[]) {
  const chunks = live.number(packMessages(0n, live.next_record, fresh, new Set()), 'f', CHUNK_FLAG.entries);
  live.record(chunks);
  return chunks;
}

describe('a partition of an inbox', () => {
  it('never goes on behind messages that were taken and not recorded', () => {
    const live = partition(at(5));
    live.take([message(5)]);
    expect(() => live.take([message(6)])).toThrow(expect.objectContaining({ code: 'OFFSET_FENCED', retriable: true }));
  });

  it('takes what is new once, and tells where offsets are missing', () => {
    const live = partition(at(5));
    expect(live.expected).toBe(5n);
    const before = live.take(messages(3, 7)).fresh;
    expect(offsetsOf(before)).toEqual([5, 6]);
    record(live, before);
    const { fresh, gaps } = live.take([message(6), message(9), message(10)]);
    expect(offsetsOf(fresh)).toEqual([9, 10]);
    expect(gaps).toEqual([{ from: 7n, to: 9n }]);
  });

  it('makes recorded chunks again, from messages in any split, before it takes what is new', () => {
    const recorded = recordedOf([2, 3, 1]);
    const live = partition(at(6), recorded);
    expect(live.expected).toBe(0n);
    expect(live.take(messages(0, 3)).rebuilt.map(({ row }) => row.chunk)).toEqual([0]);
    expect(live.take([message(3)])).toMatchObject({ rebuilt: [], fresh: [] });
    const { rebuilt, fresh, gaps, unreadable } = live.take(messages(4, 8));
    expect(rebuilt.map(({ row }) => row)).toEqual(recorded.slice(1));
    expect([offsetsOf(fresh), gaps, unreadable]).toEqual([[6, 7], [], []]);
  });

  it('passes over recorded chunks between them that are published', () => {
    const [first, , last] = recordedOf([2, 3, 1]);
    const live = partition(at(6), [first, last]);
    const { rebuilt, fresh } = live.take(messages(0, 7));
    expect(rebuilt.map(({ row }) => row.chunk)).toEqual([0, 2]);
    expect(offsetsOf(fresh)).toEqual([6]);
  });

  it('does not publish a chunk whose messages are others, or not all there', () => {
    const recorded = recordedOf([2, 2]);
    const live = partition(at(4), recorded);
    const { rebuilt, unreadable } = live.take([message(0), message(1, 'other'), message(3)]);
    expect(rebuilt).toEqual([]);
    expect(unreadable).toEqual(recorded);
    expect(recorded.map((row) => live.canReplay(row, 0n))).toEqual([false, false]);
  });

  it('begins where the log begins when that is behind what is recorded', () => {
    const live = partition(at(5), [], 8n);
    expect([live.expected, live.recorded]).toEqual([8n, 5n]);
    expect(live.take([message(8)]).gaps).toEqual([]);
  });

  it('keeps the inbox from the first chunk without an outcome on', () => {
    const recorded = recordedOf([2, 2]);
    const live = partition(at(4), recorded);
    expect([live.applied, live.isClear]).toEqual([0n, false]);
    live.resolved(recorded[1]);
    expect(live.applied).toBe(0n);
    live.resolved(recorded[0]);
    expect([live.applied, live.isClear]).toEqual([4n, true]);
    const chunks = record(live, live.take(messages(4, 6)).fresh);
    expect([live.applied, live.recorded, live.isClear]).toEqual([4n, 6n, false]);
    expect(chunks[0].row.chunk).toBe(2);
    live.resolved(chunks[0].row);
    expect(live.applied).toBe(6n);
  });

  it('ends with its source, and leaves the rest to the next one', () => {
    // A base so low that the source ends before offset 5.
    const base = 5n - BigInt(INBOX_SOURCE_OFFSETS);
    const live = partition(inboxRecord(base, 3n, 0), [], 0n, base);
    const { fresh, isBeyond } = live.take(messages(3, 8));
    expect([offsetsOf(fresh), isBeyond, live.expected]).toEqual([[3, 4], true, 5n]);
  });
});
