import {
  CHUNK_FLAG,
  decodeChunk,
  ENTRY_KIND,
  type Entry,
  encodeChunk,
  encodeInboxBatch,
  INBOX_SOURCE_OFFSETS,
  inboxRecord,
  LIMITS,
  readEntry,
} from '@millrace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type InboxMessage, type PackedChunk, packMessages, repackChunk } from './pack-messages.js';
import { lastOffsetBelow, offsetAt, SOURCE_END } from './position.js';
import { entryOf, readMessage } from './read-message.js';

const NONE: ReadonlySet<bigint> = new Set();
const text = (content: string) => Buffer.from(content);
const at = (offset: number | bigint, value: Buffer | string | null, arrived_ms = 0): InboxMessage => ({
  offset: BigInt(offset),
  value: typeof value === 'string' ? text(value) : value,
  arrived_ms,
});
const batch = (rows: string[], header?: string) =>
  encodeInboxBatch(header === undefined ? 'json' : 'csv', text(header ?? ''), rows.map(text));

interface Row {
  record: number;
  kind: number;
  header: string;
  bytes: string;
}

/** A chunk's records as the cleaner reads them; a header stands for the CSV entries behind it. */
function rowsOf({ raw, first_record }: PackedChunk): Row[] {
  const rows: Row[] = [];
  const entry = {} as Entry;
  let header = '';
  for (let byte = 0; byte < raw.length; byte = entry.end) {
    readEntry(raw, byte, entry);
    const bytes = raw.toString('latin1', entry.start, entry.end);
    if (entry.kind === ENTRY_KIND.header) header = bytes;
    else
      rows.push({
        record: first_record + entry.distance,
        kind: entry.kind,
        header: entry.kind === 2 ? header : '',
        bytes,
      });
  }
  return rows;
}

/** The rows of messages by themselves. */
function expectedRows(base: bigint, messages: InboxMessage[], repeats: ReadonlySet<bigint> = NONE): Row[] {
  return messages
    .filter(({ offset }) => !repeats.has(offset))
    .flatMap(({ offset, value }) => {
      const message = readMessage(value);
      return message.rows.map((row, index) => {
        const { kind, bytes } = entryOf(message, row);
        const header = kind === ENTRY_KIND.csv ? message.header.toString('latin1') : '';
        return { record: inboxRecord(base, offset, index), kind, header, bytes: bytes.toString('latin1') };
      });
    });
}

const rangesOf = (chunks: PackedChunk[]) => chunks.map(({ byte_start, byte_end }) => [byte_start, byte_end]);

describe('packing messages', () => {
  it('puts rows of all kinds into one chunk, headers only where they change', () => {
    const messages = [
      at(5, '{"a":1}', 70),
      at(6, '1,2', 30),
      at(7, batch(['3,4', '5,6'], 'b,a\n'), 50),
      at(8, batch(['7,8'], 'b,a\n')),
      at(9, '9,9'),
      at(11, null),
    ];
    const [chunk, ...others] = packMessages(0n, inboxRecord(0n, 4n, 0), messages, NONE);
    expect(others).toEqual([]);
    expect(rowsOf(chunk)).toEqual(expectedRows(0n, messages));
    expect(rangesOf([chunk])).toEqual([[inboxRecord(0n, 4n, 0), inboxRecord(0n, 12n, 0)]]);
    expect(chunk).toMatchObject({ first_record: inboxRecord(0n, 5n, 0), records: 7, dropped: [], arrived_ms: 0 });
    const headers = chunk.raw.toString('latin1').split('b,a').length - 1;
    expect(headers).toBe(1);
  });

  it('leaves repeats out, and tells their offsets', () => {
    const messages = [at(0, 'a'), at(1, 'b'), at(2, 'c')];
    const [chunk] = packMessages(0n, 0, messages, new Set([0n, 2n]));
    expect(chunk).toMatchObject({ first_record: 2 ** 20, records: 1, dropped: [0n, 2n], byte_end: 3 * 2 ** 20 });
    expect(rowsOf(chunk)).toEqual(expectedRows(0n, [messages[1]]));
  });

  it('of nothing but repeats and empty batches makes a chunk without records, which can travel', () => {
    const [chunk] = packMessages(0n, 7, [at(0, 'a'), at(1, batch([]))], new Set([0n]));
    expect(chunk).toMatchObject({ byte_start: 7, byte_end: 2 * 2 ** 20, first_record: 7, records: 0, dropped: [0n] });
    const travels = {
      source: 1,
      chunk: 0,
      plan: '0'.repeat(16),
      flags: CHUNK_FLAG.entries,
      header: Buffer.alloc(0),
      ...chunk,
    };
    expect(decodeChunk(encodeChunk(travels)).raw).toHaveLength(0);
    expect(packMessages(0n, 7, [], NONE)).toEqual([]);
  });

  it('splits a large message over chunks, and goes on within it', () => {
    const rows = Array.from({ length: 40_000 }, (_, row) => `{"row":${row}}`);
    const chunks = packMessages(0n, 0, [at(0, batch(rows))], NONE);
    expect(chunks.map(({ records }) => records)).toEqual([16_384, 16_384, 7232]);
    expect(rangesOf(chunks)).toEqual([
      [0, 16_384],
      [16_384, 32_768],
      [32_768, 2 ** 20],
    ]);
    expect(packMessages(0n, 32_768, [at(0, batch(rows))], NONE)).toEqual(chunks.slice(2));
  });

  it('keeps chunks within their bytes and offsets', () => {
    const large = 'x'.repeat(LIMITS.inbox_row_bytes);
    expect(
      packMessages(
        0n,
        0,
        [0, 1, 2, 3, 4].map((offset) => at(offset, large)),
        NONE,
      ).map((c) => c.records),
    ).toEqual([3, 2]);
    const far = packMessages(0n, 0, [at(0, 'a'), at(4095, 'b'), at(4096, 'c'), at(9000, 'd')], NONE);
    expect(far.map(({ records }) => records)).toEqual([2, 1, 1]);
    expect(rangesOf(far)).toEqual([
      [0, 4096 * 2 ** 20],
      [4096 * 2 ** 20, 4097 * 2 ** 20],
      [4097 * 2 ** 20, 9001 * 2 ** 20],
    ]);
  });

  it('counts from the base of the source, up to its very last message', () => {
    const base = BigInt(INBOX_SOURCE_OFFSETS) * 3n;
    const last = base + BigInt(INBOX_SOURCE_OFFSETS) - 1n;
    const [chunk] = packMessages(base, inboxRecord(base, last, 0), [at(last, '{}')], NONE);
    expect(chunk.byte_end).toBe(SOURCE_END);
    expect(offsetAt(base, chunk.byte_end)).toBe(last + 1n);
    expect(lastOffsetBelow(base, chunk.byte_end)).toBe(last);
    expect(repackChunk(base, chunk, [at(last, '{}')])).toEqual(chunk);
  });
});

const value = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 30 }).map(text) },
  { weight: 2, arbitrary: fc.constant(text('{"id":"a"}')) },
  { weight: 1, arbitrary: fc.constant(null) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.array(fc.string({ maxLength: 8 }), { maxLength: 40 }), fc.constantFrom(undefined, '', 'a,b\n', 'b,a\n'))
      .map(([rows, header]) => batch(rows, header)),
  },
  // Large ones: by bytes and by rows.
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 ** 19 }).map((size) => Buffer.alloc(size, 'x')) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }).map((count) => batch(Array(count).fill('{}'))) },
);

/** Messages with gaps between their offsets, some of them repeats, and where fetches end. */
const delivery = fc.array(
  fc.record({
    value,
    gap: fc.oneof(
      { weight: 9, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 5000 }) },
    ),
    isRepeat: fc.integer({ max: 5, min: 0 }).map((dice) => dice === 0),
    endsFetch: fc.boolean(),
    arrived_ms: fc.nat(1000),
  }),
  { maxLength: 12 },
);

describe('any sequence of messages, in any split of fetches', { timeout: 60_000 }, () => {
  it('gives chunks that hold every row once in order, without a hole, and can be made again byte for byte', () => {
    const bases = fc.constantFrom(0n, BigInt(INBOX_SOURCE_OFFSETS) * 2n);
    fc.assert(
      fc.property(delivery, bases, (items, base) => {
        let offset = base;
        const messages = items.map(({ gap, value: bytes, arrived_ms }) => {
          const message = { offset: offset + BigInt(gap), value: bytes, arrived_ms };
          offset = message.offset + 1n;
          return message;
        });
        const repeats = new Set(messages.filter((_, index) => items[index].isRepeat).map((message) => message.offset));
        const chunks: PackedChunk[] = [];
        let fetch: InboxMessage[] = [];
        let from = 0;
        for (const [index, message] of messages.entries()) {
          fetch.push(message);
          if (!items[index].endsFetch && index + 1 < messages.length) continue;
          const packed = packMessages(base, from, fetch, repeats);
          chunks.push(...packed);
          from = packed[packed.length - 1].byte_end;
          fetch = [];
        }

        expect(chunks.flatMap(rowsOf)).toEqual(expectedRows(base, messages, repeats));
        expect(chunks.flatMap(({ dropped }) => dropped)).toEqual([...repeats]);
        let end = 0;
        for (const chunk of chunks) {
          expect(chunk.byte_start).toBe(end);
          end = chunk.byte_end;
          expect(chunk.records).toBe(rowsOf(chunk).length);
          expect(chunk.records).toBeLessThanOrEqual(LIMITS.chunk_records);
          expect(chunk.raw.length).toBeLessThanOrEqual(LIMITS.chunk_bytes);
          // Else its records' distances from the first one would not fit.
          const span = lastOffsetBelow(base, chunk.byte_end) - offsetAt(base, chunk.first_record);
          if (chunk.records > 0) expect(span).toBeLessThan(BigInt(LIMITS.inbox_chunk_offsets));
          const first = offsetAt(base, chunk.byte_start);
          const last = lastOffsetBelow(base, chunk.byte_end);
          const inRange = messages.filter((message) => message.offset >= first && message.offset <= last);
          expect(repackChunk(base, chunk, inRange)).toEqual(chunk);
        }
        if (messages.length > 0) expect(offsetAt(base, end)).toBe(offset);
      }),
      { numRuns: 50 },
    );
  });
});
