import { topicName } from '@millrace/contracts';
import type { GroupConsumer } from '@millrace/kafka';
import type { PauseWatch } from '../pause-watch.js';

/** What of `InboxFlow` takes part in a pause. */
export interface Pausable {
  pause(dataset: string): void;
  resume(dataset: string): Promise<void>;
}

/**
 * Of paused datasets nothing is fetched, and what was fetched by then the flow keeps: the others go on as ever. A dataset
 * that goes on takes what was kept of it first, so that its messages stay in order.
 */
export class InboxPauses {
  private readonly paused = new Set<string>();
  private consumer: Pick<GroupConsumer, 'pause' | 'resume'> | undefined;
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly datasets: readonly string[],
    private readonly pauses: PauseWatch | undefined,
    private readonly flow: Pausable,
    private readonly fail: (error: unknown) => void,
  ) {
    pauses?.onChange(() => this.follow());
    this.follow();
  }

  /** The consumer can be paused from now on. */
  started(consumer: Pick<GroupConsumer, 'pause' | 'resume'>): void {
    this.consumer = consumer;
    const topics = [...this.paused].map(inboxOf);
    if (topics.length > 0) consumer.pause(topics);
  }

  /** One change at a time. */
  private follow(): void {
    for (const dataset of this.datasets) {
      if (this.pauses?.isPaused(dataset)) this.flow.pause(dataset);
    }
    this.turn = this.turn.then(() => this.change()).catch(this.fail);
  }

  private async change(): Promise<void> {
    const isPaused = (dataset: string) => this.pauses?.isPaused(dataset) ?? false;
    const begun = this.datasets.filter((dataset) => isPaused(dataset) && !this.paused.has(dataset));
    const ended = [...this.paused].filter((dataset) => !isPaused(dataset));
    for (const dataset of begun) this.paused.add(dataset);
    if (begun.length > 0) this.consumer?.pause(begun.map(inboxOf));
    for (const dataset of ended) {
      await this.flow.resume(dataset);
      if (isPaused(dataset)) {
        // Paused again meanwhile: its topic still is.
        this.flow.pause(dataset);
      } else {
        this.paused.delete(dataset);
        this.consumer?.resume([inboxOf(dataset)]);
      }
    }
  }
}

function inboxOf(dataset: string): string {
  return topicName('inbox', dataset);
}
