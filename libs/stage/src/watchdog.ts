import { MillraceError } from '@millrace/contracts';

/**
 * Notices a consumer that has lag and makes no progress. Time counts by the ticks that were made: a process that was
 * stopped, or a machine that slept, has not stalled.
 */
export class Watchdog {
  private progress = -1;
  private idle_ms = 0;

  constructor(
    private readonly stall_ms: number,
    private readonly tick_ms: number,
  ) {}

  /**
   * Once a tick. @param progress any number that changes when something is done
   * @throws MillraceError STALLED
   */
  tick(lag: number, progress: number): void {
    const moved = progress !== this.progress || lag === 0;
    this.progress = progress;
    this.idle_ms = moved ? 0 : this.idle_ms + this.tick_ms;
    if (this.idle_ms < this.stall_ms) return;
    throw new MillraceError('STALLED', `${lag} messages behind and no progress for ${this.idle_ms} ms`);
  }
}
