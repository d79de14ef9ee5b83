import { ARRIVED_HEADER, INBOX_PARTITIONS, INBOX_SOURCE_OFFSETS, KEY_HEADER, MillraceError } from '@millrace/contracts';
import type { InboxMessage, InboxPublisher, KafkaClient } from '@millrace/kafka';
import type { Database } from '@millrace/postgres';
import { createLogger } from '@millrace/telemetry';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InboxWriter } from './inbox-writer.js';

/** The broker's topic and what PostgreSQL knows of it, as far as a writer sees them. */
const world = { topic_id: 'first', base_offset: 0n, offset: 0n, unreachable: false, answer: Promise.resolve() };
const SOURCES: Record<string, number> = { 'first/0': 10, 'second/0': 20, [`first/${INBOX_SOURCE_OFFSETS}`]: 30 };

vi.mock('../inbox/inbox-sources.js', () => ({
  ensureInboxSources: async () => {
    await world.answer;
    if (world.unreachable) throw new MillraceError('POSTGRES_UNREACHABLE', 'away');
    const first = SOURCES[`${world.topic_id}/${world.base_offset}`];
    const { topic_id, base_offset } = world;
    return Array.from({ length: INBOX_PARTITIONS }, (_, partition) => ({
      source: first + partition,
      partition,
      topic_id,
      base_offset,
      next_record: 0,
    }));
  },
}));

const published: InboxMessage[] = [];
const publisher = {
  publish: async (message: InboxMessage) => {
    published.push(message);
    return { offset: world.offset++ };
  },
} as unknown as InboxPublisher;
const kafka = {} as KafkaClient;
const db = {} as Database;

const message = { dataset: 'sales', value: Buffer.from('rows'), key: null, arrived_ms: 1234 };
let writer: InboxWriter;

beforeEach(async () => {
  vi.useFakeTimers();
  Object.assign(world, {
    topic_id: 'first',
    base_offset: 0n,
    offset: 0n,
    unreachable: false,
    answer: Promise.resolve(),
  });
  published.length = 0;
  const log = createLogger({ service: 'ingestor', instance: 'spec', level: 'silent' });
  writer = new InboxWriter(db, kafka, publisher, log);
  await writer.open('sales');
});

afterEach(() => vi.useRealTimers());

describe('the writer of an inbox', () => {
  it('takes the partitions in turn, and says which source holds the message', async () => {
    const places = [];
    for (let count = 0; count < INBOX_PARTITIONS; count++) places.push(await writer.write(message));
    expect(places.map(({ partition }) => partition).sort()).toEqual([0, 1, 2, 3]);
    expect(places.every(({ source, partition }) => source === 10 + partition)).toBe(true);
    expect(places.map(({ offset }) => offset)).toEqual([0n, 1n, 2n, 3n]);
  });

  it('tells when the rows came, and their key', async () => {
    await writer.write(message);
    await writer.write({ ...message, key: 'k-1' });
    const texts = published.map(({ headers }) =>
      Object.entries(headers ?? {}).map(([name, value]) => [name, `${value}`]),
    );
    expect(texts).toEqual([
      [[ARRIVED_HEADER, '1234']],
      [
        [ARRIVED_HEADER, '1234'],
        [KEY_HEADER, 'k-1'],
      ],
    ]);
  });

  it('notices within seconds that the topic was made anew', async () => {
    expect((await writer.write(message)).topic_id).toBe('first');
    world.topic_id = 'second';
    vi.advanceTimersByTime(6000);
    const places = await Promise.all([writer.write(message), writer.write(message)]);
    expect(places.map(({ topic_id, source }) => [topic_id, source >= 20])).toEqual([
      ['second', true],
      ['second', true],
    ]);
  });

  it('looks ahead of time while the flow is busy, which waits for nothing then', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    Object.assign(world, { topic_id: 'second', answer: promise });
    vi.advanceTimersByTime(3000);
    expect((await writer.write(message)).topic_id).toBe('first');
    resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect((await writer.write(message)).topic_id).toBe('second');
  });

  it('goes on to the next source where one is full, and still knows the one before', async () => {
    world.base_offset = BigInt(INBOX_SOURCE_OFFSETS);
    world.offset = BigInt(INBOX_SOURCE_OFFSETS);
    expect((await writer.write(message)).source).toBeGreaterThanOrEqual(30);
    world.offset = BigInt(INBOX_SOURCE_OFFSETS) - 1n;
    expect((await writer.write(message)).source).toBeLessThan(20);
  });

  it('does not fail what is acknowledged because it cannot ask about the topic', async () => {
    world.unreachable = true;
    vi.advanceTimersByTime(6000);
    expect((await writer.write(message)).topic_id).toBe('first');
  });

  it('says that the rows were taken where it cannot tell the source any more', async () => {
    world.unreachable = true;
    world.offset = BigInt(INBOX_SOURCE_OFFSETS);
    await expect(writer.write(message)).rejects.toMatchObject({
      code: 'POSTGRES_UNREACHABLE',
      message: expect.stringContaining('were taken'),
    });
  });
});
