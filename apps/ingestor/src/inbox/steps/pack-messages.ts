import { hash } from 'node:crypto';
import { inboxRecord, LIMITS } from '@millrace/contracts';
import { EntriesBuilder } from './entries-builder.js';
import { positionAfter } from './position.js';
import { entryOf, readMessage } from './read-message.js';

/** A message of one partition. */
export interface InboxMessage {
  offset: bigint;
  value: Buffer | null;
  /** When it came, epoch milliseconds. */
  arrived_ms: number;
}

/** A chunk's place in its source and what it holds. */
export interface PackedChunk {
  byte_start: number;
  byte_end: number;
  first_record: number;
  records: number;
  content_hash: Buffer;
  /** Offsets of repeats within its range. */
  dropped: bigint[];
  raw: Buffer;
  /** Of the oldest of its messages. */
  arrived_ms: number | undefined;
}

/**
 * Packs messages, in order, into chunks within the limits. Each chunk begins where the one before it ends; a message
 * that does not fit goes on in the next one.
 * @param base of the source @param from the position to go on from: rows below are skipped
 * @param repeats offsets of messages that are left out
 */
export function packMessages(
  base: bigint,
  from: number,
  messages: Iterable<InboxMessage>,
  repeats: ReadonlySet<bigint>,
): PackedChunk[] {
  const chunks: PackedChunk[] = [];
  let open = new OpenChunk(from);
  const close = (byte_end: number) => {
    chunks.push(open.close(byte_end));
    open = new OpenChunk(byte_end);
  };
  for (const { offset, value, arrived_ms } of messages) {
    const end = positionAfter(base, offset);
    if (!open.spans(offset)) close(open.end);
    open.enter(offset, end);
    if (repeats.has(offset)) {
      open.dropped.push(offset);
      continue;
    }
    const message = readMessage(value);
    const first = inboxRecord(base, offset, 0);
    for (let row = Math.max(0, from - first); row < message.rows.length; row++) {
      const { kind, bytes } = entryOf(message, message.rows[row]);
      if (!open.entries.fits(kind, message.header, bytes)) {
        close(first + row);
        open.enter(offset, end);
      }
      open.entries.add(first + row, kind, message.header, bytes);
      open.came(arrived_ms);
    }
  }
  if (open.isEntered) close(open.end);
  return chunks;
}

/**
 * The content of a recorded chunk, made again.
 * @param messages those whose rows lie in its range, all that the inbox has of them
 */
export function repackChunk(
  base: bigint,
  { byte_start, byte_end, dropped }: Pick<PackedChunk, 'byte_start' | 'byte_end' | 'dropped'>,
  messages: Iterable<InboxMessage>,
): PackedChunk {
  const chunk = new OpenChunk(byte_start);
  for (const { offset, value, arrived_ms } of messages) {
    if (dropped.includes(offset)) continue;
    const message = readMessage(value);
    const first = inboxRecord(base, offset, 0);
    const to = Math.min(message.rows.length, byte_end - first);
    for (let row = Math.max(0, byte_start - first); row < to; row++) {
      const { kind, bytes } = entryOf(message, message.rows[row]);
      chunk.entries.add(first + row, kind, message.header, bytes);
      chunk.came(arrived_ms);
    }
  }
  return { ...chunk.close(byte_end), dropped };
}

/** A chunk while it is packed. */
class OpenChunk {
  readonly entries = new EntriesBuilder();
  readonly dropped: bigint[] = [];
  /** The position behind the last message that was entered. */
  end: number;
  private first_offset: bigint | undefined;
  private arrived_ms: number | undefined;

  constructor(private readonly byte_start: number) {
    this.end = byte_start;
  }

  get isEntered(): boolean {
    return this.first_offset !== undefined;
  }

  /** Whether it may hold a message at this offset as well. */
  spans(offset: bigint): boolean {
    return this.first_offset === undefined || offset - this.first_offset < BigInt(LIMITS.inbox_chunk_offsets);
  }

  enter(offset: bigint, end: number): void {
    this.first_offset ??= offset;
    this.end = end;
  }

  came(arrived_ms: number): void {
    this.arrived_ms = Math.min(this.arrived_ms ?? arrived_ms, arrived_ms);
  }

  close(byte_end: number): PackedChunk {
    const { byte_start, dropped, arrived_ms, entries } = this;
    const raw = entries.build();
    const content_hash = hash('sha256', raw, 'buffer');
    const { records, first_record = byte_start } = entries;
    return { byte_start, byte_end, first_record, records, content_hash, dropped, raw, arrived_ms };
  }
}
