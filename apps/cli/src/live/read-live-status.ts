import { setTimeout as sleep } from 'node:timers/promises';
import { type Incidents, openDatabase, type Pause, readIncidents, readPauses } from '@millrace/postgres';
import { readWatches, type Watch } from './watches.js';

const ANSWER_MS = 3000;

export interface LiveStatus {
  watches: Watch[];
  paused: Pause[];
  incidents: Incidents[];
}

/** What PostgreSQL knows, or why it cannot be told: a status must come also while it is down. */
export async function readLiveStatus(
  database_url: string,
): Promise<{ [Name in keyof LiveStatus]: LiveStatus[Name] | null } & { database_problem: string | null }> {
  const ending = new AbortController();
  const late = sleep(ANSWER_MS, undefined, { signal: ending.signal }).then(() => {
    throw new Error('PostgreSQL does not answer');
  });
  try {
    return { ...(await Promise.race([ask(database_url), late])), database_problem: null };
  } catch (error) {
    return {
      watches: null,
      paused: null,
      incidents: null,
      database_problem: error instanceof Error ? error.message : String(error),
    };
  } finally {
    late.catch(() => undefined);
    ending.abort();
  }
}

async function ask(database_url: string): Promise<LiveStatus> {
  const db = await openDatabase(database_url, { role: 'cli', max: 1 });
  try {
    return { watches: await readWatches(db), paused: await readPauses(db), incidents: await readIncidents(db) };
  } finally {
    await db.close();
  }
}
