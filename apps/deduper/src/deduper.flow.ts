import { type Batch, MillraceError } from '@millrace/contracts';
import { type Outcome, PLANS, type Plans, type StageMessage, type TransformFlow } from '@millrace/stage';
import { Inject, Injectable } from '@nestjs/common';
import type { Part } from './part.js';
import { Parts } from './parts.js';
import { Snapshotter } from './snapshot/snapshotter.js';
import { forwardBatch } from './steps/forward-batch.js';
import { readBatch } from './steps/read-batch.js';
import { type Screened, screenBatch } from './steps/screen-batch.js';

type TopicPartition = Pick<StageMessage, 'topic' | 'partition'>;

/**
 * silver -> screened: the same batch and one bit a row, `new` or `suspect`. The bit is a hint that spares PostgreSQL
 * a question: whatever is lost here, it may only be suspect too often.
 */
@Injectable()
export class DeduperFlow implements TransformFlow {
  constructor(
    @Inject(PLANS) private readonly plans: Plans,
    @Inject(Parts) private readonly parts: Parts,
    @Inject(Snapshotter) private readonly snapshotter: Snapshotter,
  ) {}

  transform(message: StageMessage): Outcome {
    const { topic, partition, offset } = message;
    const part = this.parts.get(topic, partition);
    const step = this.parts.reach(part, offset);
    return step === 'refill' ? this.refill(part, message) : this.screen(part, message);
  }

  private screen(part: Part, { value, partition }: StageMessage): Outcome {
    const batch = readBatch(value, partition, part.dataset, this.plans);
    const screened = screenBatch(batch, part.filter, part.complete);
    const output = forwardBatch(part.dataset, partition, value as Buffer, batch, screened);
    part.rows_since_snapshot += batch.rows;
    return { outputs: [output], counts: countsOf(batch, screened, part.complete) };
  }

  /**
   * It was published before this start: only its keys are wanted. What was set aside then is passed over now; the keys of what a later release
   * has made since, before it was rolled back, are read back from the table.
   */
  private refill(part: Part, { value, partition }: StageMessage): Outcome {
    try {
      const batch = readBatch(value, partition, part.dataset, this.plans);
      screenBatch(batch, part.filter, part.complete);
      part.rows_since_snapshot += batch.rows;
      return { outputs: [], counts: { refilled: batch.rows } };
    } catch (error) {
      if (isOfLaterRelease(error)) this.parts.lack(part);
      return { outputs: [], counts: {} };
    }
  }

  /** Where the refill of the filter begins: at or below the committed offset. */
  begin({ topic, partition }: TopicPartition, committed: bigint | undefined): Promise<bigint> {
    return this.parts.open(topic, partition, committed);
  }

  lost({ topic, partition }: TopicPartition): void {
    this.parts.drop(topic, partition);
  }

  committed({ topic, partition }: TopicPartition, offset: bigint): void {
    this.parts.find(topic, partition)?.commit(offset);
  }

  /** Silver is kept from the newest snapshot: a restart refills its filter from there. */
  keepFrom({ topic, partition }: TopicPartition): bigint {
    return this.parts.find(topic, partition)?.snapshot_offset ?? 0n;
  }

  /** The last snapshot spares the next start its refill. */
  close(): Promise<void> {
    return this.snapshotter.close();
  }
}

/** Of an unknown plan nobody can tell here. */
function isOfLaterRelease(error: unknown): boolean {
  return error instanceof MillraceError && (error.code === 'CONTRACT_NEWER' || error.code === 'PLAN_UNKNOWN');
}

/** `unscreened`: suspect only because the filter is still missing keys. */
function countsOf({ rows }: Batch, { suspect_rows }: Screened, complete: boolean): Record<string, number> {
  return complete ? { new: rows - suspect_rows, suspect: suspect_rows } : { unscreened: rows };
}
