import { type Batch, decodeBatch, MillraceError, partOf } from '@millrace/contracts';
import { type DatasetPlan, planWith } from '@millrace/dataset';

/**
 * The silver message's header and hashes; its body stays closed.
 * @throws MillraceError MESSAGE_* or PLAN_UNKNOWN
 */
export function readBatch(
  value: Buffer | null,
  partition: number,
  dataset: string,
  plans: Map<string, DatasetPlan>,
): Batch {
  if (!value) throw new MillraceError('MESSAGE_GARBAGE', 'message without a value');
  const batch = decodeBatch(value);
  const plan = planWith(plans, batch.plan);
  if (plan.name !== dataset) {
    throw new MillraceError('MESSAGE_CONTRACT', `batch of dataset ${plan.name} in a topic of ${dataset}`);
  }
  if (batch.parts !== plan.parts) {
    throw new MillraceError('MESSAGE_CONTRACT', `batch of ${batch.parts} parts, its plan has ${plan.parts}`);
  }
  const part = partOf(batch.slot, batch.parts);
  if (part !== partition) {
    throw new MillraceError('MESSAGE_CONTRACT', `batch of part ${part} in partition ${partition}`);
  }
  return batch;
}
