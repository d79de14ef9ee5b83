/** Measures the whole pipeline of two worktrees, one after the other. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);
/** A process that does next to nothing differs by large shares of it. */
const LEAST_CPU_SECONDS = 0.05;

/**
 * @param {{ parent: string, commit: string }} worktrees @param {{ rows: number, swap: boolean }} options
 * @returns {Promise<Map<string, [parent: number, commit: number][]>>} one pair by measure; less is better
 */
export async function measurePipelines(worktrees, { rows, swap }) {
  const sides = [];
  for (const side of swap ? [1, 0] : [0, 1])
    sides[side] = await measure([worktrees.parent, worktrees.commit][side], rows);
  const names = Object.keys(sides[0]).filter((name) => name in sides[1]);
  return new Map(names.map((name) => [`end to end: ${name}`, [[sides[0][name], sides[1][name]]]]));
}

/** @returns {Promise<Record<string, number>>} */
async function measure(worktree, rows) {
  // From the worktree: the bench finds the services beside itself.
  const script = join(worktree, 'bench/end-to-end.mjs');
  const args = [script, '--only', 'millrace', '--runs', '1', '--rows', String(rows), '--json'];
  const { stdout } = await exec(process.execPath, args, { maxBuffer: 256 * 1024 * 1024 });
  const { millrace } = JSON.parse(stdout.trim().split('\n').at(-1));
  const measures = { seconds: millrace.seconds, 'CPU s per 1M': millrace.cpu_seconds_per_million_rows_total };
  for (const [name, seconds] of Object.entries(millrace.cpu_seconds_per_million_rows)) {
    if (seconds > LEAST_CPU_SECONDS) measures[`${name}, CPU s per 1M`] = seconds;
  }
  for (const [name, bytes] of Object.entries(millrace.peak_rss_bytes)) {
    measures[`${name}, peak RSS MiB`] = bytes / 1024 / 1024;
  }
  return measures;
}
