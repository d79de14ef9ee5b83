import { type Batch, SUSPECTS_HEADER, screenedBatch, topicName } from '@millrace/contracts';
import type { Screened } from './screen-batch.js';

/** The silver message on `screened`, its body untouched, with the suspects beside it. @param batch what was read from `value` */
export function forwardBatch(dataset: string, partition: number, value: Buffer, batch: Batch, screened: Screened) {
  return {
    topic: topicName('screened', dataset),
    partition,
    key: `${batch.source}:${batch.chunk}:${batch.slot}`,
    value: screenedBatch(value, batch),
    headers: { [SUSPECTS_HEADER]: screened.suspects },
  };
}
