import { type Batch, SUSPECTS_HEADER, topicName } from '@millrace/contracts';
import type { Screened } from './screen-batch.js';

/** The silver message as it came, on `screened`, with the suspects beside it. */
export function forwardBatch(dataset: string, partition: number, value: Buffer, batch: Batch, screened: Screened) {
  return {
    topic: topicName('screened', dataset),
    partition,
    key: `${batch.source}:${batch.chunk}:${batch.slot}`,
    value,
    headers: { [SUSPECTS_HEADER]: screened.suspects },
  };
}
