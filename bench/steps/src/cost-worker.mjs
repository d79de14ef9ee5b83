/**
 * The steps of a checkout, warmed up, to be measured one sample at a time. Forked by step-process.mjs; takes the name of a step,
 * answers its cost.
 *
 *     cost-worker.mjs CHECKOUT ROWS [STEP,...]
 */
import { sample, warmUp } from './cost.mjs';
import { readySteps } from './ready.mjs';

const [checkout, rows, only] = process.argv.slice(2);
const ready = await readySteps(checkout, { rows: Number(rows), only: only?.split(',') });
const units = new Map();
for (const { name, step } of ready.steps) units.set(name, { step, ...(await warmUp(step)) });

process.on('message', async (name) => {
  const unit = units.get(name);
  process.send(await sample(unit.step, unit));
});
const steps = ready.steps.map(({ name, what }) => [name, { what, rows: units.get(name).rows }]);
process.send({ rows: ready.rows, chunks: ready.chunks, steps: Object.fromEntries(steps) });
