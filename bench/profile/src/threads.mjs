/** CPU time of a process's threads by their names, as Linux tells it in /proc. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/**
 * Threads that are numbered alike are added up. Those that ended meanwhile are missing.
 * @param {number} pid @returns {Record<string, number>} CPU seconds; the main thread is `main`
 */
export function threadSeconds(pid) {
  const seconds = {};
  for (const tid of listed(`/proc/${pid}/task`)) {
    const stat = contentOf(`/proc/${pid}/task/${tid}/stat`);
    if (stat === undefined) continue;
    const end = stat.lastIndexOf(')');
    const own = stat.slice(stat.indexOf('(') + 1, end).replace(/[-_#: ]*\d+$/, '');
    const fields = stat.slice(end + 2).split(' ');
    const name = Number(tid) === pid ? 'main' : own;
    seconds[name] = (seconds[name] ?? 0) + (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }
  return seconds;
}

/** @param {Record<string, number>} before @param {Record<string, number>} after */
export function subtractSeconds(after, before) {
  return Object.fromEntries(
    Object.entries(after)
      .map(([name, seconds]) => [name, seconds - (before[name] ?? 0)])
      .filter(([, seconds]) => seconds > 0.005),
  );
}

/** @param {number} pid @returns {number[]} */
export function childrenOf(pid) {
  return listed(`/proc/${pid}/task`).flatMap((tid) =>
    (contentOf(`/proc/${pid}/task/${tid}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  );
}

/** How a process calls itself. @param {number} pid */
export function titleOf(pid) {
  return (contentOf(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim();
}

function listed(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function contentOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
