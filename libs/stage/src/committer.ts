import type { GroupConsumer } from '@millrace/kafka';
import { faultPoint } from '@millrace/telemetry';
import type { PartitionProgress } from './progress.js';
import type { Flow } from './stage.js';

const INTERVAL_MS = 300;

/** Commits to Kafka what is done without gaps: at intervals, and at once when asked to. One commit at a time. */
export class Committer {
  private readonly timer: NodeJS.Timeout;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly stage: string,
    private readonly partitions: () => Iterable<PartitionProgress>,
    private readonly consumer: () => Pick<GroupConsumer, 'commit'>,
    private readonly flow: Pick<Flow, 'committed'>,
    private readonly failed: (error: unknown) => void,
  ) {
    this.timer = setInterval(() => void this.commit(), INTERVAL_MS);
  }

  /** Resolves when what was done at the call is committed, or the group refused it. Never rejects. */
  async commit(): Promise<void> {
    while (this.running) await this.running;
    if (this.stopped) return;
    this.running = this.commitNow()
      .catch(this.failed)
      .finally(() => {
        this.running = undefined;
      });
    await this.running;
  }

  /** Nothing is committed any more, except what is under way. */
  stop(): void {
    this.stopped = true;
    clearInterval(this.timer);
  }

  private async commitNow(): Promise<void> {
    const due = [...this.partitions()].flatMap((progress) => {
      const { topic, partition, committable: offset } = progress;
      return offset === undefined ? [] : [{ progress, topic, partition, offset }];
    });
    if (due.length === 0) return;
    faultPoint(`${this.stage}.before_commit`);
    const accepted = await this.consumer().commit(due);
    if (!accepted) return;
    faultPoint(`${this.stage}.after_commit`);
    for (const { progress, topic, partition, offset } of due) {
      progress.committed = offset;
      if (!progress.abandoned) this.flow.committed?.({ topic, partition }, offset);
    }
  }
}
