import {
  type Chunk,
  contractOf,
  decodeChunk,
  encodeManifest,
  MillraceError,
  rejectsPartition,
  topicName,
} from '@millrace/contracts';
import { type DatasetPlan, planWith, requireSemantics } from '@millrace/dataset';
import { type Outcome, type Output, PLANS, type Plans, type StageMessage, type TransformFlow } from '@millrace/stage';
import { Inject, Injectable } from '@nestjs/common';
import { type CleanedChunk, cleanChunk } from './steps/clean-chunk.js';

/**
 * bronze -> silver and rejects: a chunk of raw bytes becomes one batch for each part that has rows, and one manifest
 * with its rejects. A pure function of the chunk and its plan: done again, it gives the same bytes.
 */
@Injectable()
export class CleanerFlow implements TransformFlow {
  constructor(@Inject(PLANS) private readonly plans: Plans) {}

  transform({ topic, value }: StageMessage): Outcome {
    const chunk = decodeChunk(value as Buffer);
    const plan = planWith(this.plans, chunk.plan);
    requireSemantics(plan);
    if (topic !== topicName('bronze', plan.name)) {
      throw new MillraceError('MESSAGE_CONTRACT', `chunk of dataset ${plan.name} on ${topic}`);
    }
    const contract = contractOf(value);
    const cleaned = cleanChunk(plan, chunk, { contract });
    const outputs = [...batchOutputs(plan, chunk, cleaned), manifestOutput(plan, cleaned, contract)];
    return { outputs, counts: cleaned.counts };
  }
}

/** Partition = part: whoever screens and applies a part sees all of it. */
function batchOutputs(plan: DatasetPlan, { source, chunk }: Chunk, { batches }: CleanedChunk): Output[] {
  return batches.map(({ slot, part, message }) => ({
    topic: topicName('silver', plan.name),
    partition: part,
    key: `${source}:${chunk}:${slot}`,
    value: message,
  }));
}

/** Also for a chunk without rows or rejects: the manifest says that there are none. */
function manifestOutput(plan: DatasetPlan, { manifest }: CleanedChunk, contract: number): Output {
  const { source, chunk } = manifest;
  return {
    topic: topicName('rejects', plan.name),
    partition: rejectsPartition(source, chunk),
    key: `${source}:${chunk}`,
    value: encodeManifest(manifest, contract),
  };
}
