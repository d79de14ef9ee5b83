import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, type Republication, readPauses, readRepublication } from '@millrace/postgres';

const POLL_MS = 250;
const IDLE_MS = 10_000;

/**
 * Waits for the end of a republication.
 * @param tell how many chunks are published again by now, and what it waits for
 */
export async function followRepublication(
  db: Database,
  id: number,
  dataset: string,
  tell: (line: { chunks: number } | { waiting: string }) => void,
): Promise<Republication> {
  let chunks = 0;
  let moved_at = Date.now();
  let waiting = '';
  for (;;) {
    const now = (await readRepublication(db, id)) as Republication;
    if (now.finished_at) return now;
    if (now.chunks !== chunks) {
      ({ chunks } = now);
      moved_at = Date.now();
      waiting = '';
      tell({ chunks });
    }
    const reason = await reasonToWait(db, dataset, Date.now() - moved_at);
    if (reason && reason !== waiting) tell({ waiting: reason });
    waiting = reason ?? waiting;
    await sleep(POLL_MS);
  }
}

async function reasonToWait(db: Database, dataset: string, idle_ms: number): Promise<string | undefined> {
  if ((await readPauses(db)).some((pause) => pause.dataset === dataset)) {
    return `${dataset} is paused: npx millrace resume ${dataset}`;
  }
  const what = 'an ingestor publishes as fast as the stages behind take it: npx millrace status shows whether they run';
  return idle_ms > IDLE_MS ? what : undefined;
}
