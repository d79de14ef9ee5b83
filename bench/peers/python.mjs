/** The Python that the peers run on: an environment of their own in the checkout, made when it is first needed. */
import { hash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../measure/processes.mjs';

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/millrace-bench');

/**
 * @param {(text: string) => void} note
 * @returns {Promise<string>} path of an interpreter that has what requirements.txt pins
 * @throws when there is no Python, or the packages cannot be installed
 */
export async function peerPython(note) {
  const digest = hash('sha256', readFileSync(REQUIREMENTS, 'utf8')).slice(0, 12);
  const directory = join(CACHE, `python-${digest}`);
  const python = join(directory, 'bin', 'python');
  const marker = join(directory, 'installed');
  if (existsSync(marker)) return python;
  rmSync(directory, { recursive: true, force: true });
  note(`making a Python environment for the peers in ${directory}`);
  try {
    await runProgram('python3', ['-m', 'venv', directory]);
  } catch (error) {
    throw new Error(`the peers need python3, 3.10 or later, with its venv module\n${error.message}`);
  }
  await runProgram(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]);
  // Only an environment that is whole has the marker.
  writeFileSync(marker, '');
  return python;
}

/**
 * Runs one of the peers.
 * @param {string} python @param {string} script beside this file @param {string[]} args
 * @returns {Promise<object>} what it printed
 */
export async function runPeer(python, script, args) {
  const { stdout } = await runProgram(python, ['-B', join(import.meta.dirname, script), ...args]);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}
