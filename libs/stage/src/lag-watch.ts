import { isTopicMissing, type KafkaClient, type PartitionLag } from '@millrace/kafka';
import { type Logger, metrics } from '@millrace/telemetry';
import type { Assignment } from './assignment.js';
import { setServerUp } from './server-up.js';
import type { ApplyFlow, Flow } from './stage.js';
import { Watchdog } from './watchdog.js';

const TICK_MS = 5000;

export interface LagWatchOptions {
  stage: string;
  group: string;
  topics: readonly string[];
  stall_ms: number;
  /** Delete from the topics what is consumed. */
  trim: boolean;
}

/**
 * Looks at the topics' ends at intervals, also when no batch arrives at all: the lag gauge, the watchdog, and with `trim`
 * the deletion of what is consumed.
 */
export class LagWatch {
  private readonly timer: NodeJS.Timeout;
  private readonly watchdog: Watchdog;
  private busy = false;
  private ticks = 0;
  /** Of the last look that succeeded. */
  private lag = 0;

  constructor(
    private readonly options: LagWatchOptions,
    private readonly kafka: Pick<KafkaClient, 'lag' | 'deleteRecords'>,
    private readonly assignment: Assignment,
    private readonly flow: Pick<Flow, 'keepFrom'> & Pick<ApplyFlow, 'isHeld' | 'isPaused'>,
    private readonly progress: () => number,
    private readonly logger: Logger,
    private readonly failed: (error: unknown) => void,
  ) {
    const tick_ms = Math.min(TICK_MS, options.stall_ms / 4);
    this.watchdog = new Watchdog(options.stall_ms, tick_ms);
    this.timer = setInterval(() => void this.tick(), tick_ms);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** The gauge from what is known without asking Kafka. */
  show(): void {
    const lags = new Map(this.options.topics.map((topic) => [topic, 0]));
    for (const { topic, lag } of this.assignment.partitions) lags.set(topic, (lags.get(topic) ?? 0) + lag);
    for (const [topic, lag] of lags) metrics.lag.set({ stage: this.options.stage, topic }, lag);
  }

  private async tick(): Promise<void> {
    this.ticks++;
    if (!this.busy) {
      this.busy = true;
      await this.look().then(
        () => setServerUp('kafka', true),
        (error) => {
          setServerUp('kafka', false);
          // The next start makes the topic anew.
          if (isTopicMissing(error)) this.failed(error);
          this.logger.warn({ reason: error.message }, 'cannot read the lag');
        },
      );
      this.busy = false;
    }
    try {
      // Who waits for those behind it has not stalled, however long it takes them.
      this.watchdog.tick(this.flow.isHeld?.() ? 0 : this.lag, this.progress());
    } catch (error) {
      this.failed(error);
    }
  }

  private async look(): Promise<void> {
    const { group, topics, trim } = this.options;
    const lags = await this.kafka.lag(group, topics);
    // Who never got an assignment must answer for all: a join that hangs is a stall too.
    const own = this.assignment.isJoined ? lags.filter((lag) => this.assignment.find(lag)) : lags;
    this.lag = own.reduce((sum, { topic, lag }) => (this.flow.isPaused?.(topic) ? sum : sum + lag), 0);
    for (const lag of own) this.assignment.find(lag)?.see(lag);
    this.show();
    if (trim && this.ticks % 2 === 0 && this.assignment.isJoined) await this.trim(own);
  }

  private async trim(lags: PartitionLag[]): Promise<void> {
    for (const topic of this.options.topics) {
      const offsets = lags.flatMap(({ partition, low, committed, ...lag }) => {
        if (lag.topic !== topic || committed === undefined) return [];
        const offset = lower(committed, this.flow.keepFrom?.({ topic, partition }) ?? committed);
        return offset > low ? [{ partition, offset }] : [];
      });
      if (offsets.length > 0) await this.kafka.deleteRecords(topic, offsets);
    }
  }
}

/** Math.min takes no bigint. */
function lower(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}
