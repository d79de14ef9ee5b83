/** Steps of a checkout, prepared. */
import { loadCheckout } from './checkout.mjs';
import { prepareSales } from './sales.mjs';
import { STEPS } from './steps.mjs';

/** @typedef {{ name: string, what: string, step: () => number | Promise<number> }} ReadyStep */

/**
 * @param {string} checkout its directory @param {{ rows: number, only?: string[] }} options
 * @returns {Promise<{ rows: number, chunks: number, steps: ReadyStep[] }>} each was run once; without those that the checkout does not have, with a note
 */
export async function readySteps(checkout, { rows, only }) {
  const modules = await loadCheckout(checkout);
  const sales = await prepareSales(modules, rows);
  const steps = [];
  for (const { name, what, make } of STEPS) {
    if (only && !only.includes(name)) continue;
    try {
      const step = make(modules, sales);
      await step();
      steps.push({ name, what, step });
    } catch (error) {
      process.stderr.write(`${name}: not in this checkout (${error.message})\n`);
    }
  }
  return { rows: sales.records, chunks: sales.chunks.length, steps };
}
