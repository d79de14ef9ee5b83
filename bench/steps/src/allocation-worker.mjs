/**
 * What each step of a checkout allocates. Forked by step-process.mjs with a young generation so large that no garbage is collected during a
 * pass; answers once and ends.
 *
 *     allocation-worker.mjs CHECKOUT [STEP,...]
 */
import { allocated } from './cost.mjs';
import { readySteps } from './ready.mjs';

/** One chunk and its batches. */
const ROWS = 12_000;
/** Code that is not yet optimised allocates more. */
const SETTLING_MS = 300;
const PASSES = 9;

const [checkout, only] = process.argv.slice(2);
const { steps } = await readySteps(checkout, { rows: ROWS, only: only?.split(',') });

/** The least of all passes, as the engine allocates now and then for itself; null where garbage was collected in every one. */
async function leastOf(step) {
  for (const begin = performance.now(); performance.now() - begin < SETTLING_MS; ) await step();
  const passes = [];
  for (let pass = 0; pass < PASSES; pass++) passes.push((await allocated(step)) ?? []);
  const whole = passes.flat();
  const least = (of) => (whole.length > 0 ? Math.min(...whole.map(of)) : null);
  return { heap_bytes_per_row: least(({ heap }) => heap), buffer_bytes_per_row: least(({ buffers }) => buffers) };
}

const bytes = {};
for (const { name, step } of steps) bytes[name] = await leastOf(step);
process.send(bytes);
process.disconnect();
