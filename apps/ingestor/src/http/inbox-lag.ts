import { groupOf, topicName } from '@millrace/contracts';
import type { KafkaClient } from '@millrace/kafka';
import { type Database, inboxApplied } from '@millrace/postgres';
import type { Logger } from '@millrace/telemetry';
import { full, newestOf } from './backlog.js';
import { DrainRate } from './drain-rate.js';

const MEASURE_MS = 1000;
/** An older measurement says nothing. */
const STALE_MS = 5000;

interface Measured {
  messages: number;
  applied: bigint;
  rate: DrainRate;
  at: number;
}

/** How many messages of a dataset's inbox are not applied yet, whoever wrote them. Measured only while requests come. */
export class InboxLag {
  private readonly measured = new Map<string, Measured>();
  private readonly measuring = new Map<string, Promise<void>>();

  constructor(
    private readonly db: Database,
    private readonly kafka: KafkaClient,
    private readonly log: Logger,
    private readonly bound_messages: number,
  ) {}

  /** Looks at the last measurement; never waits for the next. @throws HttpProblem BACKLOG_FULL with Retry-After */
  require(dataset: string): void {
    const last = this.measured.get(dataset);
    const age_ms = Date.now() - (last?.at ?? 0);
    if (age_ms >= MEASURE_MS && !this.measuring.has(dataset)) {
      const measuring = this.measure(dataset)
        .catch((error) => this.log.warn({ dataset, err: error }, 'cannot measure the lag of the inbox'))
        .finally(() => this.measuring.delete(dataset));
      this.measuring.set(dataset, measuring);
    }
    if (!last || age_ms > STALE_MS || last.messages <= this.bound_messages) return;
    throw full(
      "messages of the dataset's inbox wait to be applied",
      last.rate.secondsFor(last.messages - this.bound_messages),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.measuring.values());
  }

  private async measure(dataset: string): Promise<void> {
    const sources = await inboxApplied(this.db, dataset);
    const partitions = await this.kafka.lag(groupOf('ingestor'), [topicName('inbox', dataset)]);
    let messages = 0;
    let applied = 0n;
    for (const { partition, high, low } of partitions) {
      // Below `low` the inbox is trimmed, which only what is applied ever is.
      let first = newestOf(sources, partition)?.offset ?? low;
      if (first < low) first = low;
      messages += Math.max(0, Number(high - first));
      applied += first;
    }
    const last = this.measured.get(dataset);
    const rate = last?.rate ?? new DrainRate();
    if (last) rate.measure(Math.max(0, Number(applied - last.applied)));
    this.measured.set(dataset, { messages, applied, rate, at: Date.now() });
  }
}
