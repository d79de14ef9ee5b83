import { setTimeout as sleep } from 'node:timers/promises';
import { compactSources, type Database, expireRequests } from '@millrace/postgres';
import { type Logger, metrics } from '@millrace/telemetry';
import { runTogether } from './files/run-together.js';
import { rehashRange } from './steps/rehash-range.js';

const COMPACT_MS = 10_000;
const EXPIRE_MS = 60_000;
/** So long a second request with the same key counts as a repeat. */
const REQUESTS_KEPT_MS = 24 * 60 * 60 * 1000;

/** Keeps a year of trickle small. Any number of ingestors may do it at once. */
export class Housekeeping {
  constructor(
    private readonly db: Database,
    private readonly log: Logger,
  ) {}

  /** Until the signal is aborted. @throws its reason; the first error of PostgreSQL */
  async run(signal: AbortSignal): Promise<never> {
    const ending = new AbortController();
    const either = AbortSignal.any([signal, ending.signal]);
    return runTogether(ending, [
      this.every(EXPIRE_MS, either, () => this.expire()),
      this.every(COMPACT_MS, either, () => this.compact()),
    ]);
  }

  private async every(interval_ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<never> {
    for (;;) {
      await sleep(interval_ms, undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
      await work();
    }
  }

  async compact(): Promise<void> {
    const began_at = Date.now();
    const compacted = await compactSources(this.db, {
      rehash: (source, _byte_start, _byte_end, pieces) => rehashRange(this.db, source, pieces),
    });
    if (compacted.length === 0) return;
    for (const { dataset, chunks } of compacted) metrics.compactedChunks.inc({ dataset }, chunks);
    const chunks = compacted.reduce((sum, { chunks }) => sum + chunks, 0);
    this.log.info({ sources: compacted.length, chunks, duration_ms: Date.now() - began_at }, 'chunks compacted');
  }

  async expire(): Promise<void> {
    await expireRequests(this.db, REQUESTS_KEPT_MS);
    // Of owners that died: whoever took over from them has leases of its own.
    await this.db.query(`delete from millrace.leases where until < clock_timestamp() - interval '1 hour'`);
  }
}
