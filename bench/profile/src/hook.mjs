/**
 * Imported into every process of Millrace (NODE_OPTIONS): profiles it from one SIGUSR2 to the next, into `<instance>.cpuprofile` and
 * `<instance>.json`. The command that runs a load is profiled from its start to its end. What it needs to know stands in its URL, as Millrace
 * refuses variables that it does not know: `hook.mjs?directory=...&interval_us=...`.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const { directory, interval_us } = Object.fromEntries(new URL(import.meta.url).searchParams);
const INSTANCE = process.env.MILLRACE_INSTANCE ?? 'run command';

let session;
let cpu_before;

function start() {
  session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: Number(interval_us) });
  session.post('Profiler.start');
  cpu_before = process.cpuUsage();
}

function stop() {
  const cpu_us = process.cpuUsage(cpu_before);
  session.post('Profiler.stop', (error, result) => {
    if (error) throw error;
    write('cpuprofile', result.profile);
    write('json', { cpu_us });
  });
  session.disconnect();
  session = undefined;
}

/** Whoever waits for the file finds it whole. */
function write(kind, content) {
  const path = join(directory, `${INSTANCE}.${kind}`);
  writeFileSync(`${path}.part`, JSON.stringify(content));
  renameSync(`${path}.part`, path);
}

if (isMainThread && directory) {
  if (process.argv.includes('run') && process.argv.includes('--once')) {
    start();
    process.once('exit', stop);
  } else if (process.env.MILLRACE_INSTANCE) {
    process.on('SIGUSR2', () => (session ? stop() : start()));
  }
}
