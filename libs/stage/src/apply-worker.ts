import { setImmediate, setTimeout } from 'node:timers/promises';
import { faultPoint, type Logger, metrics } from '@millrace/telemetry';
import type { MissingPlans } from './missing-plans.js';
import type { ApplyFlow, StageLimits } from './stage.js';
import type { Work, Worker, WorkerEvents } from './worker.js';

/** Applies all that waits, up to the bounds, in one go; meanwhile the next ones gather. */
export class ApplyWorker implements Worker {
  readonly below = 'take';
  private readonly queue: Work[] = [];
  private running = false;
  private began_at = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly stage: string,
    private readonly flow: ApplyFlow,
    private readonly limits: Pick<StageLimits, 'apply_messages' | 'apply_bytes' | 'apply_interval_ms'>,
    private readonly logger: Logger,
    private readonly events: WorkerEvents,
    private readonly plans?: Pick<MissingPlans, 'lookFor'>,
  ) {}

  take(work: Work): void {
    this.queue.push(work);
    if (!this.running) this.run().catch((error) => this.events.failed(error));
  }

  /** What one `apply` has begun, it ends, or nobody will know of it. */
  async settled(): Promise<void> {}

  private async run(): Promise<void> {
    this.running = true;
    while (this.queue.length > 0) {
      // What the same fetch brings comes along.
      await setImmediate();
      await this.gather();
      const group = this.nextGroup();
      const live = group.filter(({ taken }) => !taken.progress.abandoned);
      if (live.length > 0) await this.apply(live);
      for (const work of group) this.events.finished(work);
    }
    this.running = false;
  }

  /** What comes one by one is applied at once, what comes in a stream together. */
  private async gather(): Promise<void> {
    const { apply_interval_ms = 0, apply_messages } = this.limits;
    const wait_ms = this.began_at + apply_interval_ms - performance.now();
    if (wait_ms > 0 && this.queue.length < apply_messages) await setTimeout(wait_ms);
    this.began_at = performance.now();
  }

  private nextGroup(): Work[] {
    let size_bytes = 0;
    let count = 0;
    for (const { taken } of this.queue) {
      if (count > 0 && size_bytes + taken.size_bytes > this.limits.apply_bytes) break;
      size_bytes += taken.size_bytes;
      if (++count === this.limits.apply_messages) break;
    }
    return this.queue.splice(0, count);
  }

  private async apply(group: Work[]): Promise<void> {
    const { stage } = this;
    const messages = group.map(({ message }) => message);
    await this.plans?.lookFor(messages);
    const started = performance.now();
    faultPoint(`${stage}.before_ack`);
    const counts = await this.flow.apply(messages);
    faultPoint(`${stage}.after_ack`);
    const size_bytes = group.reduce((sum, { taken }) => sum + taken.size_bytes, 0);
    const duration_ms = performance.now() - started;
    metrics.bytes.inc({ stage, direction: 'in' }, size_bytes);
    for (const { topic } of messages) metrics.messages.inc({ stage, topic });
    metrics.batchSeconds.observe({ stage }, duration_ms / 1000);
    this.logger.debug({ messages: group.length, size_bytes, duration_ms, ...counts }, 'group applied');
  }
}
