import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const BENCH = join(import.meta.dirname, '../..');

/**
 * Runs one bench; what it says on the way goes to standard error.
 * @param {{ script: string }} bench @param {string[]} args
 * @returns {Promise<object>} the JSON that it printed
 * @throws when it printed none. One that ends with an error behind its JSON missed a bound of its own: that is a result.
 */
export async function runBench({ script }, args) {
  const child = spawn(process.execPath, [join(BENCH, script), ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  const [output, code] = await Promise.all([text(child.stdout), exited]);
  try {
    return JSON.parse(output.trim().split('\n').at(-1));
  } catch {
    throw new Error(`bench/${script} ended with ${code} and printed no JSON`);
  }
}
