import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailure } from '../failure.js';

const FIRST_MS = 50;
const LONGEST_MS = 1000;

/**
 * How long a producer repeats what does not get through, counted from the last thing that did. Shared by all requests of
 * one producer.
 */
export class Patience {
  private through_at = Date.now();

  constructor(private readonly patience_ms: number) {}

  gotThrough(): void {
    this.through_at = Date.now();
  }

  /** Before attempt `attempt` (from 1) is repeated. @throws CommandFailure REFUSED once nothing got through for too long */
  async pause(attempt: number, reason: string, wait_ms?: number): Promise<void> {
    if (Date.now() - this.through_at > this.patience_ms) {
      const seconds = Math.round(this.patience_ms / 1000);
      throw new CommandFailure(
        'REFUSED',
        `nothing got through for ${seconds} s: ${reason}`,
        'npx millrace status, or another --url',
      );
    }
    await sleep(wait_ms ?? Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 10)));
  }
}
