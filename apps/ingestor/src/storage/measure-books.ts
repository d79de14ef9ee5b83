import { auditChunks, type Database, listSources } from '@millrace/postgres';
import { metrics } from '@millrace/telemetry';
import { SourceBooks } from './source-books.js';

export interface BooksLimits {
  /** How long a turn may go on, and its longest query. */
  turn_ms: number;
  query_ms: number;
  /** Sources in a list; sources and chunks of each in a look. */
  list: number;
  sources: number;
  chunks: number;
  /** Finished sources that are looked at again each turn. */
  again: number;
}

export const BOOKS_LIMITS: BooksLimits = {
  turn_ms: 100,
  query_ms: 2000,
  list: 5000,
  sources: 100,
  chunks: 200,
  again: 100,
};

/** So many milliseconds a look may take before the next ones are made smaller. */
const LOOK_MS = 100;

/** Keeps `SourceBooks` up with PostgreSQL, a bounded piece at a time, and tells what it knows as metrics. */
export class MeasureBooks {
  private books = new SourceBooks();
  private sources: number;

  constructor(
    private readonly db: Database,
    private readonly limits = BOOKS_LIMITS,
  ) {
    this.sources = limits.sources;
  }

  /** @returns whether it is up with everything: else it wants another turn soon. @throws errors of PostgreSQL, after which it goes on where it was */
  async turn(): Promise<boolean> {
    const until = performance.now() + this.limits.turn_ms;
    const isListed = await this.list(until);
    if (isListed) this.books.begin(this.limits.again);
    while (isListed && this.books.isBehind && performance.now() < until) await this.look();
    return isListed && !this.books.isBehind;
  }

  tell(datasets: readonly string[]): void {
    if (!this.books.isComplete) return;
    for (const [dataset, totals] of this.books.totals(datasets)) {
      for (const state of ['open', 'balanced', 'unbalanced'] as const) {
        metrics.booksSources.set({ dataset, state }, totals[state]);
      }
      metrics.unresolvedChunks.set({ dataset }, totals.unresolved_chunks);
      for (const [kind, at_s] of totals.last_data_s) metrics.sourceLastData.set({ dataset, kind }, at_s);
    }
  }

  forget(): void {
    this.books = new SourceBooks();
    for (const metric of [metrics.booksSources, metrics.unresolvedChunks, metrics.sourceLastData]) metric.reset();
  }

  private async list(until: number): Promise<boolean> {
    const { list: limit, query_ms: timeout_ms } = this.limits;
    for (;;) {
      const { added, known, unsettled } = await listSources(this.db, this.books.next, { limit, timeout_ms });
      // A dataset was emptied: what is known of the others is soon found again.
      if (known !== this.books.count) {
        this.forget();
        continue;
      }
      for (const { dataset, sources } of added) this.books.add(dataset, sources);
      this.books.reopen(unsettled);
      if (added.reduce((sum, { sources }) => sum + sources.length, 0) < limit) return true;
      if (performance.now() > until) return false;
    }
  }

  private async look(): Promise<void> {
    const { chunks: limit, query_ms: timeout_ms } = this.limits;
    const places = this.books.due(this.sources);
    const began_at = performance.now();
    try {
      const seen = await auditChunks(this.db, places, { limit, timeout_ms });
      this.books.apply(places, seen, limit);
    } finally {
      const isSlow = performance.now() - began_at > LOOK_MS;
      this.sources = isSlow ? Math.max(1, this.sources >> 1) : Math.min(this.limits.sources, this.sources + 10);
    }
  }
}
