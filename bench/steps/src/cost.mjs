/** What a step costs: CPU time of the process, its other threads' garbage collection included, and what it allocates. */
import { setTimeout as delay } from 'node:timers/promises';
import { GCProfiler, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const WARMUP_MS = 400;
/** Long enough for the kernel's clock of CPU time, short enough for many repetitions. */
const SAMPLE_MS = 60;
const SWEEP_MS = 20;

/**
 * @param {() => number | Promise<number>} step
 * @returns {Promise<{ rows: number, passes: number }>} rows of a pass, and how many passes make a sample
 */
export async function warmUp(step) {
  const started = performance.now();
  let passes = 0;
  let rows = 0;
  let fastest_ms = Number.POSITIVE_INFINITY;
  while (passes < 3 || performance.now() - started < WARMUP_MS) {
    const begin = performance.now();
    rows = await step();
    fastest_ms = Math.min(fastest_ms, performance.now() - begin);
    passes++;
  }
  return { rows, passes: Math.max(1, Math.ceil(SAMPLE_MS / fastest_ms)) };
}

/** @returns {Promise<number>} CPU seconds per million rows */
export async function sample(step, { rows, passes }) {
  const before = process.cpuUsage();
  for (let pass = 0; pass < passes; pass++) await step();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (rows * passes);
}

/**
 * What one pass allocates. The pass must be short: one during which garbage is collected does not count, as buffers are given back
 * some time later, on other threads.
 * @returns {Promise<{ heap: number, buffers: number } | undefined>} bytes a row
 */
export async function allocated(step) {
  collectGarbage();
  // The memory of buffers is given back on another thread.
  await delay(SWEEP_MS);
  const profiler = new GCProfiler();
  profiler.start();
  const before = process.memoryUsage();
  const rows = await step();
  const after = process.memoryUsage();
  if (profiler.stop().statistics.length > 0) return undefined;
  return {
    heap: (after.heapUsed - before.heapUsed) / rows,
    buffers: (after.arrayBuffers - before.arrayBuffers) / rows,
  };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');
