import { setTimeout as delay } from 'node:timers/promises';
import type { DatasetPlan } from '@millrace/dataset';
import type { Part } from '../part.js';
import { HashedKeys } from './hashed-keys.js';
import type { ReadKeyRange } from './key-range.js';

const RANGE_KEYS = 20_000;

export interface ReadBackEvents {
  started(dataset: string, parts: number[]): void;
  finished(dataset: string, parts: number[], keys: number, duration_ms: number): void;
  failed(dataset: string, error: unknown, again_in_ms: number): void;
}

export interface ReadBackTiming {
  /** Parts of one assignment come one after the other: waiting this long lets one scan serve all of them. */
  gather_ms: number;
  first_retry_ms: number;
  last_retry_ms: number;
}

const TIMING: ReadBackTiming = { gather_ms: 500, first_retry_ms: 500, last_retry_ms: 30_000 };

/**
 * Gives parts that lost their filter the keys of one dataset's table back, while they go on with everything suspect.
 * Nothing depends on it but speed: it retries for ever and never fails its caller.
 */
export class ReadBack {
  private waiting: Part[] = [];
  private running: Promise<void> | undefined;
  private readonly stop = new AbortController();

  constructor(
    private readonly plan: DatasetPlan,
    private readonly read: ReadKeyRange,
    private readonly events: ReadBackEvents,
    private readonly timing: ReadBackTiming = TIMING,
  ) {}

  /** True when the table is known to hold nothing; false also when the database cannot tell. */
  async isEmpty(): Promise<boolean> {
    try {
      return (await this.read(this.plan, undefined, 1)).keys.length === 0;
    } catch {
      return false;
    }
  }

  /** The part becomes `complete` some time later, unless it is lost before. */
  request(part: Part): void {
    if (this.waiting.includes(part)) return;
    this.waiting.push(part);
    this.running ??= this.run();
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    await this.pause(this.timing.gather_ms);
    while (this.waiting.length > 0 && !this.stop.signal.aborted) {
      const parts = this.waiting;
      this.waiting = [];
      await this.scan(parts);
    }
    this.running = undefined;
  }

  /** One pass over the whole table for all of `parts`. */
  private async scan(parts: Part[]): Promise<void> {
    const start_ms = Date.now();
    const numbers = parts.map((part) => part.partition);
    this.events.started(this.plan.name, numbers);
    const hashed = new HashedKeys(this.plan.parts, RANGE_KEYS);
    let keys = 0;
    let after: string[] | undefined;
    do {
      const range = await this.readPatiently(after);
      if (!range || parts.every((part) => part.lost)) return;
      hashed.take(range.keys);
      for (const part of parts) {
        if (!part.lost && part.filter) part.rows_since_snapshot += hashed.addTo(part.filter, part.partition);
      }
      keys += range.keys.length;
      after = range.last;
    } while (after !== undefined);
    for (const part of parts) part.complete = true;
    this.events.finished(this.plan.name, numbers, keys, Date.now() - start_ms);
  }

  /** @returns undefined when closed meanwhile */
  private async readPatiently(after: string[] | undefined) {
    for (let retry_ms = this.timing.first_retry_ms; !this.stop.signal.aborted; ) {
      try {
        return await this.read(this.plan, after, RANGE_KEYS);
      } catch (error) {
        if (this.stop.signal.aborted) return undefined;
        this.events.failed(this.plan.name, error, retry_ms);
        await this.pause(retry_ms);
        retry_ms = Math.min(retry_ms * 2, this.timing.last_retry_ms);
      }
    }
    return undefined;
  }

  private async pause(duration_ms: number): Promise<void> {
    await delay(duration_ms, undefined, { signal: this.stop.signal }).catch(() => {});
  }
}
