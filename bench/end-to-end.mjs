#!/usr/bin/env node
/**
 * From dirty files to committed gold: Millrace, services up, against the single-process reference on the same files, the
 * same machine and the same PostgreSQL. Runs are interleaved and every result is checked against the answer key.
 *
 *     npm run bench -- [--rows 1000000] [--parts 4] [--runs 3] [--scale cleaner=2,...] [--only millrace|reference] [--json]
 *
 * Both times are from the first read to the commit of gold: Millrace's from the request of the scan to its end. Its services
 * are up, which means that they have worked before: one file more goes through them first. Ends with 1 when a result is wrong
 * or a service passed 512 MiB of resident memory. Linux only: it reads /proc.
 */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { openDatabase } from '@millrace/postgres';
import {
  createDatabase,
  dropDatabase,
  expectAnswer,
  expectTables,
  generateSales,
  listSalesFiles,
} from '@millrace/testkit';
import { Millrace } from './measure/millrace.mjs';
import {
  cpuSecondsOf,
  cpuSecondsOfFamily,
  peakRssBytes,
  pidListeningOn,
  reapedCpuSeconds,
} from './measure/processes.mjs';
import { RSS_LIMIT_BYTES, render, summarize } from './measure/report.mjs';

const exec = promisify(execFile);
const REFERENCE = join(import.meta.dirname, 'reference.mjs');

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    parts: { type: 'string', default: '4' },
    runs: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    dup: { type: 'string', default: '0.03' },
    bad: { type: 'string', default: '0.03' },
    scale: { type: 'string' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const note = (text) => process.stderr.write(`${text}\n`);

/** Pids of the servers, found by their ports. */
async function findServers(millrace) {
  const { database_url, kafka_brokers } = await millrace.endpoints();
  return {
    database_url,
    postgres: pidListeningOn(Number(new URL(database_url).port || 5432)),
    broker: pidListeningOn(Number(kafka_brokers.split(',')[0].split(':').at(-1))),
  };
}

/**
 * Runs `work` and gives the CPU seconds that each process used meanwhile.
 * @template T
 * @param {[name: string, pid: number | null | undefined][]} processes of the same name are added up; null is left out
 * @param {() => Promise<T>} work
 */
async function measure(processes, work) {
  const known = processes.filter(([, pid]) => pid);
  const read = () => known.map(([name, pid]) => (name === 'postgres' ? cpuSecondsOfFamily(pid) : cpuSecondsOf(pid)));
  const before = read();
  const started = performance.now();
  const result = await work();
  const seconds = (performance.now() - started) / 1000;
  const after = read();
  const cpu_seconds = {};
  for (const [at, [name]] of known.entries()) cpu_seconds[name] = (cpu_seconds[name] ?? 0) + after[at] - before[at];
  return { result, seconds, cpu_seconds };
}

/** Opens a database for one check. */
async function withDatabase(url, work) {
  const database = await openDatabase(url, { role: 'bench', max: 1 });
  try {
    await work(database);
  } finally {
    await database.close();
  }
}

async function runReference(servers, { directory, answer }) {
  const url = await createDatabase(servers.database_url, 'reference');
  try {
    const args = [REFERENCE, '--directory', directory, '--database-url', url, '--json', '--no-check'];
    const { result, cpu_seconds } = await measure([['postgres', servers.postgres]], async () =>
      JSON.parse((await exec(process.execPath, args)).stdout),
    );
    await withDatabase(url, (database) => expectTables(database, answer, listSalesFiles(directory)));
    return {
      seconds: result.seconds,
      cpu_seconds: { reference: result.cpu_seconds, ...cpu_seconds },
      peak_rss_bytes: { reference: result.peak_rss_bytes },
    };
  } finally {
    await dropDatabase(url);
  }
}

/** Leaves only the first file in the directory while `work` runs: the others are new to whoever comes after it. */
async function withFirstFileOnly(directory, work) {
  const aside = `${directory}-aside`;
  mkdirSync(aside);
  const others = listSalesFiles(directory)
    .slice(1)
    .map((file) => basename(file));
  for (const name of others) renameSync(join(directory, name), join(aside, name));
  try {
    await work();
  } finally {
    for (const name of others) renameSync(join(aside, name), join(directory, name));
    rmSync(aside, { recursive: true });
  }
}

async function runMillrace(millrace, servers, { directory, answer }) {
  await withFirstFileOnly(directory, () => millrace.runOnce(directory));
  const { supervisor, services } = await millrace.status();
  const processes = [
    ...services.map(({ name, pid }) => [name, pid]),
    ['supervisor', supervisor?.pid],
    ['broker', servers.broker],
    ['postgres', servers.postgres],
  ];
  const reaped = reapedCpuSeconds();
  const { result, cpu_seconds } = await measure(processes, () => millrace.runOnce(directory));
  cpu_seconds['run command'] = reapedCpuSeconds() - reaped;
  const peak_rss_bytes = Object.fromEntries(services.map(({ instance, pid }) => [instance, peakRssBytes(pid)]));
  await withDatabase(servers.database_url, (database) => expectAnswer(database, answer, { directory }));
  return { seconds: result.seconds, cpu_seconds, peak_rss_bytes };
}

/** One pair of runs on fresh servers; whoever goes first alternates, so that neither always meets the warmer machine. */
async function runPair(millrace, data, pair) {
  const wanted = (side) => options.only === undefined || options.only === side;
  const sides = pair % 2 ? ['reference', 'millrace'] : ['millrace', 'reference'];
  const found = {};
  await millrace.up();
  try {
    const servers = await findServers(millrace);
    for (const side of sides.filter(wanted)) {
      found[side] = await (side === 'reference' ? runReference(servers, data) : runMillrace(millrace, servers, data));
      note(`run ${pair}: ${side} ${found[side].seconds.toFixed(2)} s`);
    }
  } finally {
    await millrace.reset();
  }
  return found;
}

/** Sums up what was measured; a side that did not run is left out. */
function resultOf(pairs, files) {
  const rowsOf = (some) => some.reduce((total, { rows_in }) => total + rows_in, 0);
  const side = (name, some) => {
    const runs = pairs.flatMap((pair) => pair[name] ?? []);
    return runs.length ? summarize(runs, rowsOf(some)) : undefined;
  };
  const measured = files.slice(1);
  const [reference, millrace] = [side('reference', files), side('millrace', measured)];
  const ratio = (of) => (reference && millrace ? of(millrace) / of(reference) : undefined);
  return {
    rows: rowsOf(measured),
    size_bytes: measured.reduce((total, { size_bytes }) => total + size_bytes, 0),
    files: measured.length,
    runs: pairs.length,
    ratios: {
      rows_per_second: ratio(({ rows_per_second }) => rows_per_second),
      cpu_seconds: ratio(({ cpu_seconds_per_million_rows_total }) => cpu_seconds_per_million_rows_total),
    },
    reference,
    millrace,
  };
}

async function main() {
  const [rows, parts, runs, seed, dup, bad] = ['rows', 'parts', 'runs', 'seed', 'dup', 'bad'].map((name) =>
    Number(options[name]),
  );
  // PostgreSQL runs as another user where we are root, and must be able to enter.
  const home = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  chmodSync(home, 0o755);
  try {
    const directory = join(home, 'data');
    // The first file is for the services to warm up on.
    const all = Math.round((rows * (parts + 1)) / parts);
    note(`generating ${all} rows in ${directory}`);
    const answer = generateSales({ rows: all, parts: parts + 1, seed, dup, bad, directory });
    const millrace = new Millrace(join(home, 'state'), options.scale);
    const pairs = [];
    for (let pair = 1; pair <= runs; pair++) pairs.push(await runPair(millrace, { directory, answer }, pair));
    const result = resultOf(pairs, answer.files);
    console.log(options.json ? JSON.stringify(result) : render(result));
    const peaks = Object.values(result.millrace?.peak_rss_bytes ?? {});
    if (peaks.some((bytes) => bytes > RSS_LIMIT_BYTES)) process.exitCode = 1;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

await main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
