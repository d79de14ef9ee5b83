import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@millrace/postgres';
import { readWatches, type Watch } from './watches.js';

const ANSWER_MS = 3000;

/** The watches, or why they cannot be told: a status must come also while PostgreSQL is down. */
export async function readLiveStatus(
  database_url: string,
): Promise<{ watches: Watch[] | null; database_problem: string | null }> {
  const ending = new AbortController();
  const late = sleep(ANSWER_MS, undefined, { signal: ending.signal }).then(() => {
    throw new Error('PostgreSQL does not answer');
  });
  try {
    return { watches: await Promise.race([ask(database_url), late]), database_problem: null };
  } catch (error) {
    return { watches: null, database_problem: error instanceof Error ? error.message : String(error) };
  } finally {
    late.catch(() => undefined);
    ending.abort();
  }
}

async function ask(database_url: string): Promise<Watch[]> {
  const db = await openDatabase(database_url, { role: 'cli', max: 1 });
  try {
    return await readWatches(db);
  } finally {
    await db.close();
  }
}
