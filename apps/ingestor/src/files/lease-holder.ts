import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, releaseLeases, renewLeases, takeLeases } from '@millrace/postgres';

export interface LeaseLimits {
  /** After so long without a renewal another one may take over. */
  ttl_ms: number;
  renew_ms: number;
}

export const LEASE_LIMITS: LeaseLimits = { ttl_ms: 5000, renew_ms: 1500 };

/**
 * What this process works at. A lease keeps two ingestors from doing the same work, not from doing harm: what they
 * write down is fenced in its own transaction.
 */
export class LeaseHolder {
  /** When each was last known to be held, by this process's clock. */
  private readonly held = new Map<string, number>();
  private readonly listeners: ((subject: string) => void)[] = [];

  constructor(
    private readonly db: Database,
    readonly owner: string,
    private readonly limits = LEASE_LIMITS,
  ) {}

  /** @param listener is told of a lease that another one took over; the work at it must be dropped */
  onLost(listener: (subject: string) => void): void {
    this.listeners.push(listener);
  }

  /** @returns those now held, in order */
  async take(subjects: string[]): Promise<string[]> {
    const asked_at = performance.now();
    const taken = await takeLeases(this.db, this.owner, subjects, this.limits.ttl_ms);
    for (const subject of taken) this.held.set(subject, asked_at);
    return taken;
  }

  /** False as well while a renewal is overdue: another one may be at it by now. */
  holds(subject: string): boolean {
    const held_at = this.held.get(subject);
    return held_at !== undefined && performance.now() - held_at < this.limits.ttl_ms;
  }

  async release(subjects: string[]): Promise<void> {
    const held = subjects.filter((subject) => this.held.delete(subject));
    await releaseLeases(this.db, this.owner, held);
  }

  /** Renews all in one statement again and again, until the signal is aborted. @throws its reason; errors of PostgreSQL */
  async run(signal: AbortSignal): Promise<never> {
    for (;;) {
      await sleep(this.limits.renew_ms, undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
      await this.renew();
    }
  }

  /** So that a successor need not wait. */
  async releaseAll(): Promise<void> {
    await this.release([...this.held.keys()]);
  }

  private async renew(): Promise<void> {
    const asked_at = performance.now();
    const asked = new Map(this.held);
    const kept = new Set(await renewLeases(this.db, this.owner, [...asked.keys()], this.limits.ttl_ms));
    for (const [subject, held_at] of asked) {
      // Released meanwhile, or released and taken again.
      if (this.held.get(subject) !== held_at) continue;
      if (kept.has(subject)) {
        this.held.set(subject, asked_at);
      } else {
        this.held.delete(subject);
        for (const listener of this.listeners) listener(subject);
      }
    }
  }
}

export const leaseOf = {
  source: (id: number) => `source:${id}`,
  scan: (id: number) => `scan:${id}`,
  watch: (id: number) => `watch:${id}`,
  republication: (id: number) => `republication:${id}`,
};
