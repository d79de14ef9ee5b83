import type { PostgresDatabase } from '../database.js';

/** How often a waiting transaction looks for who holds it up. */
const POLL_MS = 1_500;
/** Seen this often in a row, in the same transaction and waiting for its client, an owner counts as stopped. */
const SIGHTINGS = 2;

export interface EndedOwner {
  pid: number;
  application_name: string;
}

/**
 * Watches a transaction from a second connection: while it waits for a lock that a stopped appliers' session holds (its process
 * was stopped or cut off in mid-transaction, so the server waits for its client), that session is ended. Only sessions of
 * Millrace's aggregators, never a stranger's: a live one that is ended by mistake runs its transaction again.
 * @returns stops the watch
 */
export function endStoppedOwners(db: PostgresDatabase, pid: number, onEnd: (owner: EndedOwner) => void): () => void {
  const sightings = new Map<string, number>();
  let busy = false;
  const timer = setInterval(async () => {
    if (busy) return;
    busy = true;
    try {
      const owners = await stoppedOwners(db, pid);
      for (const key of sightings.keys()) if (!owners.some((owner) => keyOf(owner) === key)) sightings.delete(key);
      for (const owner of owners) {
        const seen = (sightings.get(keyOf(owner)) ?? 0) + 1;
        sightings.set(keyOf(owner), seen);
        if (seen < SIGHTINGS) continue;
        await db.query('select pg_terminate_backend($1)', [owner.pid]);
        onEnd(owner);
      }
    } catch {
      // The watch is an aid; the transaction itself meets whatever is wrong with the server.
    } finally {
      busy = false;
    }
  }, POLL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

const keyOf = ({ pid, since }: { pid: number; since: string }) => `${pid}/${since}`;

function stoppedOwners(db: PostgresDatabase, pid: number): Promise<(EndedOwner & { since: string })[]> {
  return db.query(
    `select a.pid, a.application_name, a.xact_start::text as since
     from unnest(pg_blocking_pids($1)) as blocking (pid) join pg_stat_activity a on a.pid = blocking.pid
     where a.application_name like 'millrace aggregator%' and a.datname = current_database()
       and a.wait_event_type = 'Client' and a.xact_start is not null`,
    [pid],
  );
}
