/** The steps of one checkout, in processes of their own: one that is measured, and before it one that counts what they allocate. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** As the services are started: what garbage costs hangs on it. */
export const SERVICE_FLAGS = ['--max-semi-space-size=4'];
/** A pass of any step fits in: MiB. */
const ROOMY_FLAGS = ['--min-semi-space-size=64', '--max-semi-space-size=64'];

export class StepProcess {
  #child;

  /**
   * @param {string} checkout its directory @param {{ rows: number, only?: string }} options
   * @returns {Promise<StepProcess>} once every step is warmed up
   */
  static async start(checkout, { rows, only }) {
    const some = only ? [only] : [];
    const bytes = await answerOf(start('allocation-worker.mjs', [checkout, ...some], ROOMY_FLAGS));
    const child = start('cost-worker.mjs', [checkout, String(rows), ...some], SERVICE_FLAGS);
    try {
      const begun = await answerOf(child);
      for (const [name, step] of Object.entries(begun.steps)) Object.assign(step, bytes[name]);
      return new StepProcess(child, begun);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {{ rows: number, chunks: number, steps: Record<string, { what: string, rows: number, heap_bytes_per_row: number | null, buffer_bytes_per_row: number | null }> }} begun
   */
  constructor(child, { rows, chunks, steps }) {
    this.#child = child;
    this.rows = rows;
    this.chunks = chunks;
    this.steps = steps;
  }

  /** @param {string} name @returns {Promise<number>} CPU seconds per million rows */
  async sample(name) {
    this.#child.send(name);
    return answerOf(this.#child);
  }

  close() {
    this.#child.kill('SIGKILL');
  }
}

function start(worker, args, execArgv) {
  return fork(join(import.meta.dirname, worker), args, { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

/** @returns {Promise<any>} the next message @throws when the process ends instead */
async function answerOf(child) {
  const ended = new AbortController();
  const { signal } = ended;
  try {
    const message = once(child, 'message', { signal }).then(([value]) => value);
    const exit = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`a measuring process ended with ${code}`);
    });
    return await Promise.race([message, exit]);
  } finally {
    ended.abort();
  }
}
