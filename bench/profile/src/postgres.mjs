/** Profiles PostgreSQL, all of its processes, by perf where that is installed. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { stacksOfPerf } from './folded-stacks.mjs';
import { childrenOf, threadSeconds, titleOf } from './threads.mjs';

const exec = promisify(execFile);
const PER_SECOND = 499;
const START_MS = 500;

/**
 * @param {number} pid the postmaster @param {string} directory for its files @param {(text: string) => void} note
 * @returns {Promise<(() => Promise<import('./stacks.mjs').Stack[]>) | undefined>} stops it and gives what was found; undefined where there is no perf
 */
export async function profilePostgres(pid, directory, note) {
  const file = join(directory, 'postgres.perf');
  // Children that begin later are those of one of these.
  const pids = [...rolesOf(pid).keys()];
  const args = ['record', '-q', '-F', String(PER_SECOND), '-e', 'cpu-clock', '-g', '-o', file, '-p', pids.join(',')];
  const child = spawn('perf', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  child.stderr.on('data', (data) => {
    told += data;
  });
  const ended = once(child, 'close').catch((error) => [error.message]);
  const early = await Promise.race([ended, delay(START_MS)]);
  if (early) {
    note(`PostgreSQL is not profiled: perf ended with ${told.trim().split('\n')[0] || early[0]}`);
    return undefined;
  }
  return async () => {
    const roles = rolesOf(pid);
    child.kill('SIGINT');
    await ended;
    const { stdout } = await exec('perf', ['script', '-i', file, '-F', 'pid,ip,sym,dso'], { maxBuffer: 1024 ** 3 });
    return stacksOfPerf(stdout, 1e6 / PER_SECOND, (one) => roles.get(one) ?? 'ended');
  };
}

/** @param {number} pid the postmaster @returns {Record<string, number>} CPU seconds by role, of those that are alive */
export function roleSeconds(pid) {
  const seconds = {};
  for (const [one, role] of rolesOf(pid)) seconds[role] = (seconds[role] ?? 0) + (threadSeconds(one).main ?? 0);
  return seconds;
}

/** The postmaster's and its children's. @returns {Map<number, string>} */
function rolesOf(pid) {
  return new Map([pid, ...childrenOf(pid)].map((one) => [one, roleOf(titleOf(one))]));
}

/** `postgres: walwriter` or `postgres: millrace millrace 127.0.0.1(41234) COPY`, which is a backend. */
function roleOf(title) {
  const role = /^postgres: (?:\S+: )?(.*)$/.exec(title)?.[1];
  if (role === undefined) return 'postmaster';
  return /\(\d+\)|\[local\]/.test(role) ? 'backend' : role.replace(/ \d+$/, '').trim();
}
