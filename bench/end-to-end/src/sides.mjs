/**
 * What is compared: each takes the same files through the same PostgreSQL, and its result is checked.
 * @typedef {{ rows: number, seconds: number, cpu_seconds: Record<string, import('../../measure/processes.mjs').Cpu>,
 *   peak_rss_bytes: Record<string, number>, wal_bytes: number }} Run rows: what `seconds` is for
 * @typedef {{ directory: string, answer: import('@millrace/testkit').AnswerKey, clean_rows: string }} Data the first file is for warming up
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expectAnswer, expectTables, listSalesFiles } from '@millrace/testkit';
import { measure } from '../../measure/measure.mjs';
import { Millrace } from '../../measure/millrace.mjs';
import { peakRssBytes, peakRssBytesOfFamily } from '../../measure/processes.mjs';
import { copyCleanRows, exportCleanRows, hasPsql, withSalesTables } from '../../measure/sales-tables.mjs';
import { findServers, withDatabase, withWal } from '../../measure/servers.mjs';
import { runPeer } from '../../peers/python.mjs';

const sum = (files, field) => files.slice(1).reduce((total, file) => total + file[field], 0);

/**
 * What a side may use: a fresh directory for what it keeps, and nothing of what another one has left.
 * @typedef {{ home: string, scale?: string, python?: string }} Means
 */

/** Services up: they have worked before, as one file went through them. @param {Means} means @param {Data} data @returns {Promise<Run>} */
export async function runMillrace({ home, scale }, data) {
  const millrace = new Millrace(home, scale);
  await millrace.up();
  try {
    return await loadByMillrace(millrace, data);
  } finally {
    await millrace.reset();
  }
}

async function loadByMillrace(millrace, { directory, answer, clean_rows }) {
  const servers = await findServers(millrace);
  await withFirstFileOnly(directory, () => millrace.runOnce(directory));
  const { supervisor, services } = await millrace.status();
  const processes = {
    own: [...services.map(({ name, pid }) => [name, pid]), ['supervisor', supervisor?.pid], ['broker', servers.broker]],
    families: [['postgres', servers.postgres]],
    children: 'run command',
  };
  const { result, cpu_seconds, seconds, wal_bytes } = await withWal(servers.database_url, () =>
    measure(processes, () => millrace.runOnce(directory)),
  );
  await millrace.requireSame(services);
  const peak_rss_bytes = Object.fromEntries(services.map(({ instance, pid }) => [instance, peakRssBytes(pid)]));
  const peak_rss_bytes_of_others = {
    supervisor: supervisor ? peakRssBytes(supervisor.pid) : 0,
    'run command': result.command_peak_rss_bytes,
    broker: peakRssBytes(servers.broker),
    'largest backend of PostgreSQL': peakRssBytesOfFamily(servers.postgres),
  };
  await withDatabase(servers.database_url, (database) => expectAnswer(database, answer, { directory }));
  if (!existsSync(clean_rows)) await exportCleanRows(servers.database_url, clean_rows);
  return {
    rows: sum(answer.files, 'rows_in'),
    seconds: result.result.seconds,
    command_seconds: seconds,
    cpu_seconds,
    peak_rss_bytes,
    peak_rss_bytes_of_others,
    wal_bytes,
  };
}

/** polars and psycopg; the first file is loaded before the clock starts. @param {Means} means @param {Data} data @returns {Promise<Run>} */
export function runPolars({ home, python }, { directory, answer }) {
  return withSalesTables(home, async ({ database_url, postgres }) => {
    const files = listSalesFiles(directory);
    const paths = files.map((file) => join(directory, file));
    const load = (some, ...args) =>
      runPeer(python, 'polars_sales.py', ['--database-url', database_url, ...args, ...some]);
    await load(paths.slice(0, 1), '--no-gold');
    const { result, cpu_seconds, wal_bytes } = await withWal(database_url, () =>
      measure({ families: [['postgres', postgres]] }, () => load(paths.slice(1), '--source', '2')),
    );
    await withDatabase(database_url, (database) => expectTables(database, answer, files));
    return {
      rows: sum(answer.files, 'rows_in'),
      seconds: result.seconds,
      cpu_seconds: { polars: result.cpu_seconds, ...cpu_seconds },
      peak_rss_bytes: { polars: result.peak_rss_bytes },
      wal_bytes,
    };
  });
}

/** COPY of the rows that are kept, clean already, into the keyed table. @param {Means} means @param {Data} data @returns {Promise<Run>} */
export async function runFloor({ home }, { answer, clean_rows }) {
  if (!existsSync(clean_rows)) throw new Error('the floor needs the rows that Millrace has cleaned: let it run first');
  return withSalesTables(home, async ({ database_url, postgres }) => {
    const copier = hasPsql() ? { children: 'psql' } : { own: [['this process', process.pid]] };
    const processes = { families: [['postgres', postgres]], ...copier };
    const { seconds, cpu_seconds, wal_bytes } = await withWal(database_url, () =>
      measure(processes, () => copyCleanRows(database_url, clean_rows)),
    );
    const count = 'select count(*)::int as rows from public.sales';
    const [{ rows }] = await withDatabase(database_url, (database) => database.query(count));
    if (rows !== sum(answer.files, 'written')) throw new Error(`the floor holds ${rows} rows`);
    return { rows, seconds, cpu_seconds, peak_rss_bytes: {}, wal_bytes };
  });
}

/** Leaves only the first file in the directory while `work` runs: the others are new to whoever comes after it. */
export async function withFirstFileOnly(directory, work) {
  const aside = `${directory}-aside`;
  mkdirSync(aside);
  const others = listSalesFiles(directory)
    .slice(1)
    .map((file) => basename(file));
  for (const name of others) renameSync(join(directory, name), join(aside, name));
  try {
    return await work();
  } finally {
    for (const name of others) renameSync(join(aside, name), join(directory, name));
    rmSync(aside, { recursive: true });
  }
}
