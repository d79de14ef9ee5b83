import { setTimeout as sleep } from 'node:timers/promises';
import { groupOf, topicName } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { withBroker } from '../broker.js';

const DEADLINE_MS = 10_000;
const POLL_MS = 100;

/**
 * Waits, up to a deadline, until every stage has committed all that stood in its topics. In the order of the
 * flow: a stage commits after its outputs are acknowledged, so what it made is in the next stage's lag already.
 */
export async function settle({ name }: DatasetPlan, brokers: string): Promise<void> {
  const stages = [
    { stage: 'cleaner', topics: [topicName('bronze', name)] },
    { stage: 'deduper', topics: [topicName('silver', name)] },
    { stage: 'aggregator', topics: [topicName('screened', name), topicName('rejects', name)] },
  ] as const;
  const deadline = Date.now() + DEADLINE_MS;
  try {
    await withBroker(brokers, async (kafka) => {
      for (const { stage, topics } of stages) {
        while (Date.now() < deadline) {
          const partitions = await kafka.lag(groupOf(stage), topics);
          if (partitions.every(({ lag }) => lag === 0)) break;
          await sleep(POLL_MS);
        }
      }
    });
  } catch {
    // The books are in PostgreSQL; a broker that is away at the very end takes nothing from them.
  }
}
