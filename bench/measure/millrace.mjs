/** Millrace through its own command line, in a state directory of its own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './processes.mjs';

const MILLRACE = join(import.meta.dirname, '../../apps/cli/bin/millrace.js');

const LOG_LINES = 20;

export class Millrace {
  #env;
  #home;

  /**
   * @param {string} home @param {string | undefined} scale e.g. cleaner=2,deduper=2,aggregator=2
   * @param {Record<string, string>} [environment] of the services
   */
  constructor(home, scale, environment = {}) {
    this.scale = scale;
    this.#home = home;
    this.#env = { ...process.env, MILLRACE_HOME: home, MILLRACE_LOG_LEVEL: 'warn', ...environment };
    // The bench resets what it runs on: never a server that somebody keeps.
    delete this.#env.KAFKA_BROKERS;
    delete this.#env.DATABASE_URL;
  }

  async up() {
    await this.#run(['up', '--detach', ...(this.scale ? ['--scale', this.scale] : [])]);
  }

  /** Stops everything and keeps all data. */
  async down() {
    await this.#run(['down']);
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

  /**
   * A service that ended and was started again would have worked off the books of the bench.
   * @param {{ instance: string, pid: number }[]} services as they were @throws Error with the end of the log of one that is another process now
   */
  async requireSame(services) {
    const now = new Map((await this.status()).services.map(({ instance, pid }) => [instance, pid]));
    const gone = services.find(({ instance, pid }) => now.get(instance) !== pid);
    if (!gone) return;
    const log = readFileSync(join(this.#home, 'logs', `${gone.instance}.log`), 'utf8').trimEnd();
    throw new Error(`${gone.instance} ended meanwhile; its log:\n${log.split('\n').slice(-LOG_LINES).join('\n')}`);
  }

  /**
   * Ends when every row of the directory is committed.
   * @param {string} directory @param {string} [dataset] its name, or the file of its config
   * @returns {Promise<{ result: { seconds: number }, command_peak_rss_bytes: number }>} the command's last line, and its memory
   */
  async runOnce(directory, dataset = 'sales') {
    const args = ['run', '--once', '--dataset', dataset, '--path', directory, '--json'];
    const { stdout, peak_rss_bytes } = await runProgram(process.execPath, [MILLRACE, ...args], this.#env);
    return { result: lastLine(stdout), command_peak_rss_bytes: peak_rss_bytes };
  }

  /** A live producer. @param {string[]} args of `produce` @returns {Promise<object>} its last line */
  async produce(args) {
    return lastLine(await this.#run(['produce', '--dataset', 'sales', '--json', ...args]));
  }

  /** @param {string[]} args @returns {Promise<string>} stdout */
  async #run(args) {
    return (await runProgram(process.execPath, [MILLRACE, ...args], this.#env)).stdout;
  }
}

function lastLine(output) {
  return JSON.parse(output.trim().split('\n').at(-1) ?? '{}');
}
