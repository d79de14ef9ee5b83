import { MillraceError } from '@millrace/contracts';
import type { FetchedBatch, GroupConsumer, IncomingMessage, TopicPartition } from '@millrace/kafka';
import { type Logger, metrics } from '@millrace/telemetry';
import type { Assignment } from './assignment.js';
import type { PartitionProgress } from './progress.js';
import type { Window } from './window.js';
import type { Worker } from './worker.js';

/** How long to wait at most between two heartbeats; the client sends one when due. */
const HEARTBEAT_MS = 500;

/**
 * From fetched batches to the worker: the offset fence, and room in the window. It returns to the client as soon as the
 * messages are handed over, not when they are done, so that the next fetch goes on meanwhile.
 */
export class Intake {
  private closed = false;

  constructor(
    private readonly stage: string,
    private readonly assignment: Assignment,
    private readonly window: Window,
    private readonly worker: Worker,
    private readonly consumer: () => Pick<GroupConsumer, 'seek'>,
    private readonly logger: Logger,
  ) {}

  /** Nothing more is taken; who waits for room gives up. */
  close(): void {
    this.closed = true;
    this.window.wake();
  }

  /** @throws when the group rebalances: the client must see it */
  async onBatch(batch: FetchedBatch): Promise<void> {
    await this.settled(batch);
    const progress = this.assignment.find(batch);
    if (this.closed || !progress || batch.isStale()) return;
    progress.high = batch.high_watermark;
    const fence = progress.fence(batch.fetched_offset, batch.high_watermark, this.worker.below);
    if (fence.kind === 'take') return this.takeFrom(fence.from, batch, progress);
    const { topic, partition } = batch;
    if (fence.kind === 'seek') this.consumer().seek({ topic, partition, offset: fence.to });
    else {
      this.onOutOfRange(batch);
      await this.settled(batch);
      // Else the flow said where to go on, and the next fetch begins there.
      if (this.assignment.find(batch)?.expected === undefined) await this.onBatch(batch);
    }
  }

  /** Only what is no message lies at the offsets `from` to below `to`. */
  onNothing(partition: TopicPartition, from: bigint, to: bigint): void {
    const progress = this.assignment.isSettled ? this.assignment.find(partition) : undefined;
    if (progress?.expected !== undefined && from <= progress.expected) progress.pass(to);
  }

  /** Never silent: messages may be missing. Chunks that are lost this way are healed by the ingestor. */
  onOutOfRange({ topic, partition }: TopicPartition): void {
    const expected = this.assignment.find({ topic, partition })?.expected?.toString();
    const gap = new MillraceError(
      'OFFSET_OUT_OF_RANGE',
      `${topic}/${partition} has no offset ${expected ?? '(committed)'}`,
      {
        place: { topic, partition, offset: expected },
      },
    );
    metrics.offsetGaps.inc({ stage: this.stage, topic });
    this.logger.error({ code: gap.code, err: gap }, 'the log was cut or made anew: going on with what it has');
    this.assignment.restart({ topic, partition });
  }

  private async takeFrom(from: bigint, batch: FetchedBatch, progress: PartitionProgress): Promise<void> {
    for (const message of batch.messages) {
      if (message.offset >= from) {
        const size_bytes = sizeOf(message);
        await this.room(size_bytes, batch);
        const current = this.assignment.find(batch) === progress;
        if (this.closed || !current || batch.isStale()) return;
        this.window.add(size_bytes);
        this.worker.take({ message, taken: progress.take(message.offset, size_bytes) });
      }
      batch.taken(message.offset);
    }
    progress.pass(batch.next_offset);
  }

  private async room(size_bytes: number, batch: FetchedBatch): Promise<void> {
    while (!this.window.fits(size_bytes) && !this.closed) {
      await this.window.changed(HEARTBEAT_MS);
      await batch.heartbeat();
    }
  }

  private async settled(batch: FetchedBatch): Promise<void> {
    while (!this.assignment.isSettled && !this.closed) {
      await Promise.race([this.assignment.settled, this.window.changed(HEARTBEAT_MS)]);
      await batch.heartbeat();
    }
  }
}

function sizeOf({ value, headers }: IncomingMessage): number {
  let size_bytes = value?.length ?? 0;
  for (const header of Object.values(headers)) size_bytes += header?.length ?? 0;
  return size_bytes;
}
