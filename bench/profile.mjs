#!/usr/bin/env node
/**
 * Flame graphs of every process under the whole load: dirty sales files to committed gold, services up and warm, all profiled at once.
 *
 *     node bench/profile.mjs [--rows 1000000] [--out DIR] [--scale cleaner=2,...] [--interval-us 1000] [--keys rising|random] [--json]
 *
 * Leaves in DIR, for each process, a flame graph (`<name>.svg`, for any browser) and a profile (`<name>.cpuprofile`, for a browser's
 * developer tools or speedscope), and `summary.txt`: shares by package and function, and of garbage collection. Services and the run command are
 * sampled by V8's inspector, the broker by async-profiler (fetched from Maven Central, else Java's flight recorder), PostgreSQL by perf where
 * that is installed. Profilers cost: take shares from here, and figures from end-to-end.mjs. Linux only: it reads /proc.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { generateSales } from '@millrace/testkit';
import { Millrace } from './measure/millrace.mjs';
import { findServers } from './measure/servers.mjs';
import { profileBroker } from './profile/src/broker.mjs';
import { flameGraph } from './profile/src/flame-graph.mjs';
import { stacksOfNode } from './profile/src/node-stacks.mjs';
import { profilePostgres, roleSeconds } from './profile/src/postgres.mjs';
import { cpuProfileOf, treeOf } from './profile/src/stacks.mjs';
import { renderSummary, summaryOf } from './profile/src/summary.mjs';
import { subtractSeconds, threadSeconds } from './profile/src/threads.mjs';

const ROOT = resolve(import.meta.dirname, '..');
const HOOK = join(import.meta.dirname, 'profile/src/hook.mjs');
const WARM_UP_ROWS = 500_000;
const WRITTEN_MS = 60_000;

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    out: { type: 'string', default: join(tmpdir(), 'millrace-profile') },
    scale: { type: 'string' },
    keys: { type: 'string', default: 'rising' },
    'interval-us': { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
  },
});

const note = (text) => process.stderr.write(`${text}\n`);

/** Written whole by the process that was told to stop; it may be busy until then. */
async function contentOf(path) {
  for (const begin = performance.now(); !existsSync(path); await delay(50)) {
    if (performance.now() - begin > WRITTEN_MS) throw new Error(`${path} was not written`);
  }
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** CPU by thread of each process, PostgreSQL's by role of its processes. */
function readThreads(pids) {
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [name, name === 'postgres' ? roleSeconds(pid) : threadSeconds(pid)]),
  );
}

/**
 * Profiles every process while `work` runs.
 * @returns {Promise<{ stacks: Record<string, object[] | undefined>, threads: Record<string, Record<string, number>> }>}
 */
async function profileAll({ services, servers, raw }, work) {
  const pids = { ...services, broker: servers.broker, postgres: servers.postgres };
  const stopBroker = await profileBroker(servers.broker, raw, note);
  const stopPostgres = await profilePostgres(servers.postgres, raw, note);
  const before = readThreads(pids);
  for (const pid of Object.values(services)) process.kill(pid, 'SIGUSR2');
  await work();
  for (const pid of Object.values(services)) process.kill(pid, 'SIGUSR2');
  const after = readThreads(pids);
  const stacks = { broker: await stopBroker(), postgres: await stopPostgres?.() };
  for (const name of [...Object.keys(services), 'run command']) {
    stacks[name] = stacksOfNode(await contentOf(join(raw, `${name}.cpuprofile`)), ROOT);
  }
  const threads = Object.fromEntries(
    Object.keys(pids).map((name) => [name, subtractSeconds(after[name], before[name])]),
  );
  const { cpu_us } = await contentOf(join(raw, 'run command.json'));
  threads['run command'] = { 'all threads': (cpu_us.user + cpu_us.system) / 1e6 };
  return { stacks, threads };
}

async function runLoad(home, raw) {
  const rows = Number(options.rows);
  const files = (name, count, parts, seed) => {
    const directory = join(home, name);
    generateSales({ rows: count, parts, seed, dup: 0.03, bad: 0.03, style: options.keys, directory });
    return directory;
  };
  const [warm, load] = [files('warm', WARM_UP_ROWS, 2, 7), files('load', rows, 4, 1)];
  const hook = pathToFileURL(HOOK);
  hook.search = String(new URLSearchParams({ directory: raw, interval_us: options['interval-us'] }));
  const environment = { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import ${hook}`.trim() };
  const millrace = new Millrace(join(home, 'state'), options.scale, environment);
  await millrace.up();
  try {
    await millrace.runOnce(warm);
    const { services } = await millrace.status();
    const pids = Object.fromEntries(services.map(({ instance, pid }) => [instance, pid]));
    note('warm: profiling');
    return await profileAll({ services: pids, servers: await findServers(millrace), raw }, () =>
      millrace.runOnce(load),
    );
  } finally {
    await millrace.reset();
  }
}

async function main() {
  const out = resolve(options.out);
  const rows = Number(options.rows);
  // PostgreSQL runs as another user where we are root, and must be able to enter.
  const home = mkdtempSync(join(tmpdir(), 'millrace-profile-'));
  chmodSync(home, 0o755);
  try {
    const raw = join(home, 'raw');
    for (const directory of [raw, out]) mkdirSync(directory, { recursive: true });
    const { stacks, threads } = await runLoad(home, raw);
    const processes = {};
    for (const [name, some] of Object.entries(stacks)) {
      processes[name] = summaryOf(some, threads[name], rows);
      if (!some) continue;
      const file = join(out, name.replaceAll(' ', '-'));
      writeFileSync(`${file}.cpuprofile`, JSON.stringify(cpuProfileOf(some)));
      writeFileSync(`${file}.svg`, flameGraph(treeOf(some), `${name}, ${rows.toLocaleString('en-US')} sales rows`));
    }
    const summary = renderSummary(processes, rows);
    writeFileSync(join(out, 'summary.txt'), `${summary}\n`);
    note(`flame graphs, profiles and summary.txt are in ${out}`);
    console.log(options.json ? JSON.stringify({ rows, directory: out, processes }) : summary);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

await main();
