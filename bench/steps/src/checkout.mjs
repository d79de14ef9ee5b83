/** The built modules of a checkout, loaded from its dist: this one's or another commit's. */
import { join } from 'node:path';

const MODULES = {
  contracts: 'libs/contracts/dist/index.js',
  dataset: 'libs/dataset/dist/index.js',
  csv: 'libs/csv/dist/index.js',
  columnar: 'libs/columnar/dist/index.js',
  cleaning: 'apps/cleaner/dist/steps/clean-chunk.js',
  parsing: 'apps/cleaner/dist/steps/parse-chunk.js',
  gold: 'libs/postgres/dist/gold/deltas.js',
  copy: 'libs/postgres/dist/copy/row-encoder.js',
};

/**
 * A module that a commit does not have yet is an error of each step that needs it, not of all.
 * @param {string} directory @returns {Promise<Record<keyof typeof MODULES, any>>}
 */
export async function loadCheckout(directory) {
  const modules = {};
  for (const [name, path] of Object.entries(MODULES)) {
    modules[name] = await import(join(directory, path)).catch((error) => {
      if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
      return {};
    });
  }
  return modules;
}
