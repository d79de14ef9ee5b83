import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { lockHome } from '@millrace/embedded';
import { type Database, openDatabase } from '@millrace/postgres';
import { findEndpoints, resolveEndpoints } from './endpoints.js';
import { millraceHome } from './project.js';
import { Servers } from './supervisor/servers.js';

/**
 * Runs `work` on the database of the running Millrace, else of the environment, else on the embedded one, which is
 * started for it: what a run has left can be looked at without `up`. @throws CommandFailure NOT_RUNNING where there is none
 */
export async function withDatabase<T>(work: (database: Database, url: string) => Promise<T>): Promise<T> {
  const home = millraceHome();
  if (!findEndpoints(home) && existsSync(join(home, 'postgres', 'data'))) return withOwnServers(home, work);
  return connected(resolveEndpoints(home).database_url, work);
}

async function withOwnServers<T>(home: string, work: (database: Database, url: string) => Promise<T>): Promise<T> {
  const lock = await lockHome(home);
  try {
    process.stderr.write('Nothing runs: starting the servers for this command (npx millrace up --detach keeps them)\n');
    const servers = await Servers.start({ home, log: () => undefined, problem: () => undefined });
    try {
      return await connected(servers.database_url, work);
    } finally {
      await servers.stop();
    }
  } finally {
    await lock.release();
  }
}

async function connected<T>(url: string, work: (database: Database, url: string) => Promise<T>): Promise<T> {
  const database = await openDatabase(url, { role: 'cli', max: 1 });
  try {
    return await work(database, url);
  } finally {
    await database.close();
  }
}
