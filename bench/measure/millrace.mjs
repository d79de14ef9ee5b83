/** Millrace through its own command line, in a state directory of its own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const MILLRACE = join(import.meta.dirname, '../../apps/cli/bin/millrace.js');
const exec = promisify(execFile);

export class Millrace {
  #env;

  /** @param {string} home @param {string | undefined} scale e.g. cleaner=2,deduper=2,aggregator=2 */
  constructor(home, scale) {
    this.scale = scale;
    this.#env = { ...process.env, MILLRACE_HOME: home, MILLRACE_LOG_LEVEL: 'warn' };
    // The bench resets what it runs on: never a server that somebody keeps.
    delete this.#env.KAFKA_BROKERS;
    delete this.#env.DATABASE_URL;
  }

  async up() {
    await this.#run(['up', '--detach', ...(this.scale ? ['--scale', this.scale] : [])]);
  }

  /** Stops everything and deletes all data. */
  async reset() {
    await this.#run(['reset']);
  }

  /** @returns {Promise<{ database_url: string, kafka_brokers: string }>} */
  async endpoints() {
    return JSON.parse(await this.#run(['endpoints', '--json']));
  }

  /** @returns {Promise<{ supervisor: { pid: number } | null, services: { name: string, instance: string, pid: number }[] }>} */
  async status() {
    return JSON.parse(await this.#run(['status', '--json']));
  }

  /** Ends when every row of the directory is committed. @returns {Promise<object>} its last line */
  async runOnce(directory) {
    const output = await this.#run(['run', '--once', '--dataset', 'sales', '--path', directory, '--json']);
    return JSON.parse(output.trim().split('\n').at(-1) ?? '{}');
  }

  /** A live producer. @param {string[]} args of `produce` @returns {Promise<object>} its last line */
  async produce(args) {
    const output = await this.#run(['produce', '--dataset', 'sales', '--json', ...args]);
    return JSON.parse(output.trim().split('\n').at(-1) ?? '{}');
  }

  /** @param {string[]} args @returns {Promise<string>} stdout */
  async #run(args) {
    const { stdout } = await exec(process.execPath, [MILLRACE, ...args], {
      env: this.#env,
      maxBuffer: 256 * 1024 * 1024,
    });
    return stdout;
  }
}
