import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '@millrace/contracts';
import { type Database, openDatabase } from '@millrace/postgres';

/** One ingestor works at a time; the key is any constant of our own. */
const INGESTOR_LOCK = 0x4d4c5232;
const STANDBY_MS = 250;
const HEARTBEAT_MS = 1000;

/**
 * An advisory lock that lives as long as one connection: a killed holder's lock is free at once, a second process waits
 * as a standby. What the holder does is safe even when it is not alone (the bytes and rows are the same), so a
 * heartbeat is enough to end a holder whose connection was lost.
 */
export class SessionLock {
  private heartbeat: NodeJS.Timeout | undefined;
  private pid = 0;

  private constructor(private readonly db: Database) {}

  /** Takes over a database of one connection of its own: used more often than its pool drops what is idle. */
  static async open(url: string, role: string): Promise<SessionLock> {
    return new SessionLock(await openDatabase(url, { role: `${role} lock`, max: 1 }));
  }

  /** @param lost called once when the lock is no longer held @throws the signal's reason when it is aborted first */
  async hold(signal: AbortSignal, lost: (error: unknown) => void): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const [{ held, pid }] = await this.db.query<{ held: boolean; pid: number }>(
        'select pg_try_advisory_lock($1) as held, pg_backend_pid() as pid',
        [INGESTOR_LOCK],
      );
      this.pid = pid;
      if (held) break;
      await sleep(STANDBY_MS);
    }
    this.heartbeat = setInterval(() => void this.check(lost), HEARTBEAT_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.heartbeat);
    await this.db.close();
  }

  private async check(lost: (error: unknown) => void): Promise<void> {
    try {
      const [{ pid }] = await this.db.query<{ pid: number }>('select pg_backend_pid() as pid');
      if (pid === this.pid) return;
      throw new MillraceError('POSTGRES_UNREACHABLE', 'the connection that held the lock of the ingestor was lost');
    } catch (error) {
      clearInterval(this.heartbeat);
      lost(error);
    }
  }
}
