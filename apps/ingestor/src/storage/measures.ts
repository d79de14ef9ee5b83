import { type Database, openDatabase } from '@millrace/postgres';
import { currentPlans } from '@millrace/stage';
import { metrics } from '@millrace/telemetry';
import { MeasureBooks } from './measure-books.js';
import { measureDatabase, measureTables, measureTopics, measureWal } from './measure-sizes.js';
import type { StorageParts } from './storage-watch.js';

/** Each for itself: that one is not to be had keeps no other from being told. */
type Measure = { what: string; measure: () => Promise<void>; forget: () => void };

/**
 * What the holder of the lease measures, on a connection of its own. What cannot be measured in time is told once in the log,
 * and is no metric until it can.
 */
export class Measures {
  private readonly books: MeasureBooks;
  private readonly sizes: Measure[];
  /** Measures that fail, whose trouble was told. */
  private readonly failing = new Set<string>();

  private constructor(
    private readonly db: Database,
    private readonly parts: StorageParts,
  ) {
    const plans = () => [...currentPlans(parts.plans).values()];
    this.books = new MeasureBooks(db);
    this.sizes = [
      { what: 'table sizes', measure: () => measureTables(db, plans()), forget: () => metrics.tableBytes.reset() },
      { what: 'database size', measure: () => measureDatabase(db), forget: () => metrics.databaseBytes.remove() },
      { what: 'write-ahead log', measure: () => measureWal(db), forget: () => metrics.walBytes.remove() },
      {
        what: 'topic sizes',
        measure: () => measureTopics(parts.kafka, plans()),
        forget: () => metrics.topicBytes.reset(),
      },
    ];
  }

  /** @throws MillraceError POSTGRES_UNREACHABLE */
  static async open(parts: StorageParts): Promise<Measures> {
    const db = await openDatabase(parts.database_url, { role: `${parts.owner} storage`, max: 1 });
    return new Measures(db, parts);
  }

  async tellSizes(): Promise<void> {
    const measuring = this.sizes.map(async ({ what, measure, forget }) => {
      if (!(await this.trying(what, measure))) forget();
    });
    await Promise.all(measuring);
  }

  /** @returns whether the books are up to date: else they want another turn soon */
  async tellBooks(): Promise<boolean> {
    let isBehind = false;
    await this.trying('books', async () => {
      isBehind = !(await this.books.turn());
    });
    this.books.tell([...currentPlans(this.parts.plans).keys()]);
    return !isBehind;
  }

  /** None of this process's series stays behind. */
  async close(): Promise<void> {
    for (const { forget } of this.sizes) forget();
    this.books.forget();
    await this.db.close();
  }

  private async trying(what: string, work: () => Promise<void>): Promise<boolean> {
    const { log } = this.parts;
    try {
      await work();
      if (this.failing.delete(what)) log.info({ what }, 'storage metric is measured again');
      return true;
    } catch (error) {
      if (!this.failing.has(what))
        log.warn({ what, reason: (error as Error).message }, 'storage metric is not measured');
      this.failing.add(what);
      return false;
    }
  }
}
