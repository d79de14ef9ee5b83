import { CHUNK_FLAG, encodeInboxBatch, LIMITS } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import type { RecordedChunk } from './recorded-chunks.js';
import { remade, replayOf } from './replay-chunks.js';
import { type InboxMessage, packMessages } from './steps/pack-messages.js';

const message = (offset: number, value: string | Buffer): InboxMessage => ({
  offset: BigInt(offset),
  value: Buffer.from(value),
  arrived_ms: 1000 + offset,
});

const batch = (rows: number) =>
  encodeInboxBatch(
    'json',
    Buffer.alloc(0),
    Array.from({ length: rows }, (_, row) => Buffer.from(`{"id":${row}}`)),
  );

/** As they were recorded: a batch of several chunks, a chunk of nothing but a repeat, and single messages. */
const messages = [
  message(0, 'a,1'),
  message(1, batch(LIMITS.chunk_records + 10)),
  message(2, 'b,2'),
  message(5, 'c,3'),
];
const packed = packMessages(0n, 0, messages, new Set());
const rows = packed.map(
  ({ raw: _, arrived_ms: __, ...place }, chunk): RecordedChunk => ({
    ...{ source: 7, chunk, fingerprint: 'f', flags: CHUNK_FLAG.entries, ...place },
    ...{ isPublished: true, heals: 0, base_offset: 0n, topic_id: 't' },
  }),
);

async function replay(replays: ReturnType<typeof replayOf>[], from: InboxMessage[]) {
  const found = [];
  for await (const { row, chunk } of remade(replays, from))
    found.push([row.chunk, chunk?.raw.toString('latin1') ?? null]);
  return found;
}

const whole = packed.map(({ raw }, chunk) => [chunk, raw.toString('latin1')]);

describe('recorded chunks of an inbox', () => {
  it('are made again byte for byte, also of a message that several are of', async () => {
    expect(rows.length).toBeGreaterThan(1);
    expect(
      await replay(
        rows.map((row) => replayOf(row, true)),
        messages,
      ),
    ).toEqual(whole);
    // From a later one on, what comes before is not theirs.
    expect(
      await replay(
        rows.slice(1).map((row) => replayOf(row, true)),
        messages,
      ),
    ).toEqual(whole.slice(1));
  });

  it('are lost one by one, in their place, where messages are gone or are others', async () => {
    const isLast = (chunk: number) => chunk === rows.length - 1;
    const lost = (isLost: (chunk: number) => boolean) =>
      whole.map(([chunk, text]) => [chunk, isLost(chunk as number) ? null : text]);
    const unreadable = rows.map((row) => replayOf(row, !isLast(row.chunk)));
    expect(await replay(unreadable, messages)).toEqual(lost(isLast));
    const all = rows.map((row) => replayOf(row, true));
    expect(await replay(all, messages.slice(0, -1))).toEqual(lost(isLast));
    const others = messages.map((one) => (one.offset === 5n ? message(5, 'd,4') : one));
    expect(
      await replay(
        rows.map((row) => replayOf(row, true)),
        others,
      ),
    ).toEqual(lost(isLast));
  });

  it('that hold nothing need no message', async () => {
    const [repeat] = packMessages(0n, 0, [message(0, 'a,1')], new Set([0n]));
    const row = { ...rows[0], ...repeat };
    expect(row.records).toBe(0);
    expect(await replay([replayOf(row, false)], [])).toEqual([[0, '']]);
  });
});
