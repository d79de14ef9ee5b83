import { setTimeout as sleep } from 'node:timers/promises';
import { groupOf, MillraceError, topicName, topicsOf } from '@millrace/contracts';
import type { KafkaClient } from '@millrace/kafka';
import type { Database } from '@millrace/postgres';
import type { Logger } from '@millrace/telemetry';
import type { ChunkRow } from './chunk-row.js';

/** In the order of the flow: a stage commits after its outputs are acknowledged, so they are in the next one's lag. */
const STAGES = [
  { stage: 'cleaner', layers: ['bronze'] },
  { stage: 'deduper', layers: ['silver'] },
  { stage: 'aggregator', layers: ['screened', 'rejects'] },
] as const;

/**
 * Whether nothing of the dataset is on its way: no stage has lag, on two readings an interval apart. A stage that is
 * down, restarting or has never committed shows what it has not done as lag, so a crash never looks idle. Only what is
 * unresolved in a read of PostgreSQL after this was lost.
 */
export async function isFlowIdle(kafka: KafkaClient, dataset: string, interval_ms: number): Promise<boolean> {
  if (!(await hasNoLag(kafka, dataset))) return false;
  await sleep(interval_ms);
  return hasNoLag(kafka, dataset);
}

async function hasNoLag(kafka: KafkaClient, dataset: string): Promise<boolean> {
  return !(await lagsMore(kafka, dataset, 0));
}

/** Whether more than so many of the dataset's messages wait on their way through the stages. */
export async function lagsMore(kafka: KafkaClient, dataset: string, messages: number): Promise<boolean> {
  let waiting = 0;
  for (const { stage, layers } of STAGES) {
    const topics = layers.map((layer) => topicName(layer, dataset));
    for (const { lag } of await kafka.lag(groupOf(stage), topics)) waiting += lag;
    if (waiting > messages) return true;
  }
  return false;
}

/** Questions to Kafka about lag that may fail in a row. */
const UNANSWERED = 5;

/** Answers whether the flow is idle, over a broker that restarts or a topic that is deleted at just this moment. */
export class Idleness {
  private unanswered = 0;

  constructor(
    private readonly kafka: KafkaClient,
    private readonly dataset: { name: string; parts: () => number },
    private readonly interval_ms: number,
    private readonly log: Pick<Logger, 'warn'>,
  ) {}

  /**
   * Makes deleted topics anew first: what waits to be sent to them goes out then.
   * @param isSent whether nothing waits for an acknowledgement, asked again at the end
   */
  async check(isSent: () => boolean): Promise<boolean> {
    const { name, parts } = this.dataset;
    try {
      await this.kafka.ensureTopics(topicsOf(name, parts()));
      const isIdle = isSent() && (await isFlowIdle(this.kafka, name, this.interval_ms)) && isSent();
      this.unanswered = 0;
      return isIdle;
    } catch (error) {
      // Who cannot tell does not heal.
      if (!(error instanceof MillraceError && error.retriable) || ++this.unanswered > UNANSWERED) throw error;
      this.log.warn({ err: error }, 'cannot tell whether anything is on its way');
      return false;
    }
  }
}

/** Counted before it is done: a crash may count one too many, and never hides one. */
export async function countHeal(db: Database, { source, chunk }: ChunkRow): Promise<void> {
  await db.query('update millrace.chunks set heals = heals + 1 where source = $1 and chunk = $2', [source, chunk]);
}
