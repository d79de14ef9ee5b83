import { type Database, inboxApplied } from '@millrace/postgres';
import { type Logger, metrics } from '@millrace/telemetry';
import type { Backlog } from './backlog.js';

const POLL_MS = 250;
/** After a poll that failed. */
const PAUSE_MS = 1000;

/** Drains the backlog by what PostgreSQL says is applied, as long as anything waits; idle otherwise. */
export class BacklogWatch {
  private timer: NodeJS.Timeout | undefined;
  private polling: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly db: Database,
    private readonly backlog: Backlog,
    private readonly log: Logger,
  ) {}

  /** Something was taken in. */
  wake(dataset: string): void {
    this.tell(dataset);
    if (!this.timer && !this.polling) this.schedule(POLL_MS);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.polling;
  }

  private schedule(after_ms: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.polling = this.poll().finally(() => {
        this.polling = undefined;
      });
    }, after_ms);
    this.timer.unref();
  }

  private async poll(): Promise<void> {
    let pause_ms = POLL_MS;
    try {
      for (const dataset of this.backlog.datasets) {
        this.backlog.drain(dataset, await inboxApplied(this.db, dataset));
        this.tell(dataset);
      }
    } catch (error) {
      // What waits goes on counting: over the bound requests are refused, which is what a database that is away calls for.
      this.log.warn({ err: error }, 'cannot tell what is applied');
      pause_ms = PAUSE_MS;
    }
    if (this.backlog.datasets.length > 0) this.schedule(pause_ms);
  }

  private tell(dataset: string): void {
    metrics.backlogBytes.set({ dataset }, this.backlog.bytesOf(dataset));
  }
}
