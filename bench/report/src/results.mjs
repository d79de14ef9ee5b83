import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The JSON that each bench printed, with when and where it was.
 * @typedef {{ bench: string, command: string, taken_at?: string, seconds?: number, commit?: string, machine?: object, result: object }} Taken
 */

/** @param {string} directory @returns {Record<string, Taken>} by bench */
export function readResults(directory) {
  mkdirSync(directory, { recursive: true });
  const files = readdirSync(directory).filter((name) => name.endsWith('.json'));
  const all = files.map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')));
  return Object.fromEntries(all.map((taken) => [taken.bench, taken]));
}

/** @param {string} directory @param {Taken} taken */
export function writeResult(directory, taken) {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${taken.bench}.json`);
  // A report that is stopped leaves what was there whole.
  writeFileSync(`${path}.new`, `${JSON.stringify(taken, rounded, 2)}\n`);
  renameSync(`${path}.new`, path);
}

/** Six digits are more than any of it is good for. */
function rounded(_key, value) {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}
