import { MillraceError } from '@millrace/contracts';
import { type ChunkRow, keyOf, type ReadChunk } from '../steps/chunk-row.js';
import type { InboxSource } from './inbox-sources.js';
import type { RecordedChunk } from './recorded-chunks.js';
import { type InboxMessage, type PackedChunk, repackChunk } from './steps/pack-messages.js';
import { endOf, higher, lastOffsetBelow, lower, offsetAt, positionAfter } from './steps/position.js';

/** A message with what decides whether it counts. */
export interface LiveMessage extends InboxMessage {
  key: string | undefined;
}

/** What a run of messages brings to one partition. */
export interface Arrivals {
  /** Recorded before, and whole again: to be published as they are. */
  rebuilt: ReadChunk[];
  /** Recorded before, and no longer to be made from the messages that are there. */
  unreadable: RecordedChunk[];
  /** To be recorded. */
  fresh: LiveMessage[];
  /** Offsets below the first of `fresh`, or between them, that have no message; from inclusive, to exclusive. */
  gaps: { from: bigint; to: bigint }[];
  /** Whether there are messages that belong to the next source. */
  isBeyond: boolean;
}

interface Replay {
  row: RecordedChunk;
  first: bigint;
  last: bigint;
  messages: InboxMessage[];
}

const NO_HEADER = Buffer.alloc(0);

/** One partition as its owner reads it: what was recorded and not published is made again, what is new is handed on. */
export class InboxPartition {
  /** The position up to which the source is recorded: the fence. */
  next_record: number;
  private next_offset: bigint;
  private replays: Replay[];
  /** Chunks without an outcome, by their key: the first offset that it takes to make them again, null where none does. */
  private readonly open = new Map<string, bigint | null>();
  isSettled = false;
  /** Messages were handed on to be recorded, and are not. */
  private isUnrecorded = false;

  /**
   * @param next_chunk number of the next chunk @param low the first offset that the log has
   * @param replayed recorded and not published, all of them readable; in order
   */
  constructor(
    readonly dataset: string,
    readonly topic: string,
    readonly source: InboxSource,
    private next_chunk: number,
    low: bigint,
    replayed: RecordedChunk[],
  ) {
    this.next_record = source.next_record;
    this.replays = replayed.map((row) => ({
      row,
      first: offsetAt(row.base_offset, row.first_record),
      last: lastOffsetBelow(row.base_offset, row.byte_end),
      messages: [],
    }));
    this.next_offset = higher(low, this.replays.map(({ first }) => first).reduce(lower, this.recorded));
    for (const row of replayed) this.await(row, true);
  }

  /** The offset to read next. */
  get expected(): bigint {
    return this.next_offset;
  }

  /** The first offset of which not everything is recorded. */
  get recorded(): bigint {
    return offsetAt(this.source.base_offset, this.next_record);
  }

  /** The first offset of which not everything is applied. */
  get applied(): bigint {
    return [...this.open.values()].filter((first) => first !== null).reduce(lower, this.recorded);
  }

  /** Whether everything that was recorded has its outcome. */
  get isClear(): boolean {
    return this.open.size === 0;
  }

  /** Until the chunk has its outcome the inbox is kept from its first message on. @param isReadable whether the log has it */
  await(row: ChunkRow & Pick<RecordedChunk, 'base_offset'>, isReadable: boolean): void {
    const isMade = isReadable && row.records > 0;
    this.open.set(keyOf(row), isMade ? offsetAt(row.base_offset, row.first_record) : null);
    this.isSettled = false;
  }

  /** Whether a chunk without an outcome can be made again. @param low the first offset that the log has */
  canReplay(row: ChunkRow, low: bigint): boolean {
    const first = this.open.get(keyOf(row)) ?? null;
    return row.records === 0 || (first !== null && first >= low);
  }

  resolved(row: { source: number; chunk: number }): void {
    this.open.delete(keyOf(row));
  }

  /**
   * @param messages in order; those that were read before are passed over
   * @throws MillraceError OFFSET_FENCED when those taken before were not recorded: the source would go on behind them
   */
  take(messages: LiveMessage[]): Arrivals {
    if (this.isUnrecorded) {
      throw new MillraceError('OFFSET_FENCED', `messages of ${this.topic}/${this.source.partition} were not recorded`);
    }
    const arrivals: Arrivals = { rebuilt: [], unreadable: [], fresh: [], gaps: [], isBeyond: false };
    const { base_offset } = this.source;
    for (const message of messages) {
      const { offset } = message;
      if (offset < this.next_offset) continue;
      this.replay(message, arrivals);
      if (offset >= endOf(base_offset)) {
        arrivals.isBeyond = true;
        break;
      }
      if (positionAfter(base_offset, offset) > this.next_record) {
        const from = higher(this.next_offset, this.recorded);
        if (offset > from) arrivals.gaps.push({ from, to: offset });
        arrivals.fresh.push(message);
      }
      this.next_offset = offset + 1n;
    }
    this.isUnrecorded = arrivals.fresh.length > 0;
    return arrivals;
  }

  /** The chunks of what was recorded, numbered, and the source as it stands then. To be called before they are. */
  number(chunks: PackedChunk[], fingerprint: string, flags: number): (ReadChunk & { dropped: bigint[] })[] {
    const { source } = this.source;
    return chunks.map(({ raw, arrived_ms, dropped, ...place }, index) => ({
      row: { source, chunk: this.next_chunk + index, fingerprint, flags, ...place },
      header: NO_HEADER,
      raw,
      arrived_ms,
      dropped,
    }));
  }

  /** They are in PostgreSQL. */
  record(chunks: ReadChunk[]): void {
    const { base_offset } = this.source;
    for (const { row } of chunks) this.await({ ...row, base_offset }, true);
    this.next_chunk += chunks.length;
    this.next_record = chunks[chunks.length - 1].row.byte_end;
    this.isUnrecorded = false;
  }

  private replay(message: LiveMessage, arrivals: Arrivals): void {
    if (this.replays.length === 0) return;
    for (const { first, last, messages } of this.replays) {
      if (first > message.offset) break;
      if (message.offset <= last) messages.push(message);
    }
    const isWhole = ({ last }: Replay) => last <= message.offset;
    for (const { row, messages } of this.replays.filter(isWhole)) {
      const { raw, arrived_ms, ...made } = repackChunk(row.base_offset, row, messages);
      const isSame = made.records === row.records && made.content_hash.equals(row.content_hash);
      if (isSame) arrivals.rebuilt.push({ row, header: NO_HEADER, raw, arrived_ms });
      else arrivals.unreadable.push(row);
      this.await(row, isSame);
    }
    this.replays = this.replays.filter((replay) => !isWhole(replay));
  }
}
