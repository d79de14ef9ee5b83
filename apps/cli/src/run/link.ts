import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '@millrace/contracts';
import { type Database, openDatabase } from '@millrace/postgres';

const PAUSE_MS = 300;
const CONNECTIONS_MAX = 2;

/**
 * A database that comes back: a run waits through restarts of PostgreSQL. `url` is asked at each new
 * connection, because a server that was started again may stand elsewhere.
 */
export class DatabaseLink {
  private database: Database | undefined;

  constructor(
    private readonly url: () => string,
    private readonly options: { patience_ms: number; signal?: AbortSignal; waiting?: (reason: string) => void },
  ) {}

  /** Runs `work`, again on a new connection for as long as the server is away. @throws what `work` throws otherwise */
  async ask<T>(work: (database: Database) => Promise<T>): Promise<T> {
    const deadline = Date.now() + this.options.patience_ms;
    for (;;) {
      this.options.signal?.throwIfAborted();
      try {
        this.database ??= await openDatabase(this.url(), { role: 'cli', max: CONNECTIONS_MAX });
        return await work(this.database);
      } catch (error) {
        if (!isPassing(error) || Date.now() > deadline) throw error;
        this.options.waiting?.(error instanceof Error ? error.message : String(error));
        await this.close();
        await sleep(PAUSE_MS, undefined, { signal: this.options.signal });
      }
    }
  }

  async close(): Promise<void> {
    const database = this.database;
    this.database = undefined;
    // What is being closed is broken or no longer needed: nothing depends on how its end goes.
    await database?.close().catch(() => undefined);
  }
}

/** Server away, starting, or out of space: the same query may work in a moment. */
function isPassing(error: unknown): boolean {
  return error instanceof MillraceError && error.retriable;
}
