/** PostgreSQL with the tables of the sales dataset as Millrace makes them, for whoever is compared with it. */
import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { loadPlan } from '@millrace/dataset';
import { ensureDataset, migrate } from '@millrace/postgres';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { runProgram } from './processes.mjs';
import { withDatabase, withPostgres } from './servers.mjs';

const CONFIG = join(import.meta.dirname, '../../datasets/sales.yaml');

/**
 * Gives `work` a PostgreSQL whose database has the tables of the dataset, empty.
 * @template T @param {string} home a fresh directory @param {(servers: { database_url: string, postgres: number }) => Promise<T>} work
 */
export function withSalesTables(home, work) {
  return withPostgres(home, async (servers) => {
    await migrate(servers.database_url);
    await withDatabase(servers.database_url, (database) => ensureDataset(database, loadPlan(CONFIG)));
    return work(servers);
  });
}

/** Writes the rows of all sources but the first, in the order of the files, as COPY takes them. */
export async function exportCleanRows(url, path) {
  await withClient(url, async (client) => {
    const later = 'where _source > (select min(_source) from public.sales)';
    const rows = `copy (select * from public.sales ${later} order by _source, _record) to stdout`;
    await pipeline(client.query(copyTo(rows)), createWriteStream(path));
  });
}

/** psql's \copy where there is a psql, else the same COPY from here. */
export async function copyCleanRows(url, path) {
  if (hasPsql()) {
    await runProgram('psql', [
      '-X',
      '-q',
      '-v',
      'ON_ERROR_STOP=1',
      '-d',
      url,
      '-c',
      `\\copy public.sales from '${path}'`,
    ]);
    return;
  }
  await withClient(url, async (client) => {
    await pipeline(
      createReadStream(path, { highWaterMark: 1 << 18 }),
      client.query(copyFrom('copy public.sales from stdin')),
    );
  });
}

export function hasPsql() {
  try {
    execFileSync('psql', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function withClient(url, work) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
