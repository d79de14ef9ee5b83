import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '@millrace/contracts';
import { type Pause, readPauses } from '@millrace/postgres';
import { type Logger, metrics } from '@millrace/telemetry';

export interface PauseParts {
  db: Parameters<typeof readPauses>[0];
  log: Pick<Logger, 'info' | 'warn'>;
  /** Names of the configured datasets, for the gauge. */
  datasets: () => Iterable<string>;
}

/** Between two looks: a pause holds within a second. */
const POLL_MS = 500;

/** Which datasets are paused, as `millrace.pauses` says: everyone in the process asks here. */
export class PauseWatch {
  private pauses = new Map<string, Pause>();
  private readonly listeners: (() => void)[] = [];

  constructor(private readonly parts: PauseParts) {}

  /** Nothing new of a paused dataset may be recorded or published. */
  isPaused(dataset: string): boolean {
    return this.pauses.has(dataset);
  }

  /** @param listener told after datasets were paused or go on */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Reads what holds now. Before it was called nothing is paused. @throws MillraceError POSTGRES_UNREACHABLE */
  async refresh(): Promise<void> {
    const { db, datasets } = this.parts;
    const before = this.pauses;
    this.pauses = new Map((await readPauses(db)).map((pause) => [pause.dataset, pause]));
    for (const dataset of datasets()) metrics.paused.set({ dataset }, Number(this.isPaused(dataset)));
    const isChanged = this.tell(before);
    if (isChanged) for (const listener of this.listeners) listener();
  }

  /** Until the signal is aborted. @throws its reason; errors of PostgreSQL that are none of its absence */
  async run(signal: AbortSignal): Promise<never> {
    for (;;) {
      await sleep(POLL_MS, undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
      // Without PostgreSQL nothing can be recorded either: what was known last holds.
      await this.refresh().catch((error) => {
        if (!(error instanceof MillraceError && error.retriable)) throw error;
      });
    }
  }

  private tell(before: ReadonlyMap<string, Pause>): boolean {
    const begun = [...this.pauses.values()].filter(({ dataset }) => !before.has(dataset));
    const ended = [...before.keys()].filter((dataset) => !this.pauses.has(dataset));
    for (const { dataset, reason, paused_at } of begun) {
      this.parts.log.warn({ dataset, reason, paused_at }, 'dataset is paused: nothing new of it is taken');
    }
    for (const dataset of ended) this.parts.log.info({ dataset }, 'dataset goes on');
    return begun.length + ended.length > 0;
  }
}
