import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startEmbedded } from '@millrace/embedded';

const exec = promisify(execFile);
const TURNS = /^millrace_batch_duration_seconds_(sum|count)\{stage="(\w+)"\} (\S+)$/gm;
const MILLRACE = join(import.meta.dirname, '../../../apps/cli/bin/millrace.js');

/**
 * Millrace on servers of its own with settings of its own. To the services they are outside ones, in which nothing is
 * trimmed: afterwards the topics still tell what each stage published, and when.
 */
export class Services {
  #home;
  #servers;
  #env;
  #ports = [];

  /** @param {string} home a fresh directory */
  constructor(home) {
    this.#home = home;
  }

  /** @param {Record<string, string>} [settings] of PostgreSQL, beside the usual ones */
  async start(settings = {}) {
    this.#servers = await startEmbedded(join(this.#home, 'servers'), { postgres: { settings } });
    this.#env = {
      ...process.env,
      MILLRACE_HOME: join(this.#home, 'state'),
      MILLRACE_LOG_LEVEL: 'warn',
      DATABASE_URL: this.#servers.database_url,
      KAFKA_BROKERS: this.#servers.kafka_brokers,
    };
    await this.#run(['up', '--detach']);
    const { ingest } = await this.#json(['endpoints']);
    this.ingest_url = ingest[0].url;
  }

  get database_url() {
    return this.#servers.database_url;
  }

  get kafka_brokers() {
    return this.#servers.kafka_brokers;
  }

  /** @returns {Promise<[name: string, pid: number][]>} of all services and both servers */
  async processes() {
    const { services } = await this.#json(['status']);
    this.#ports = services.map(({ port }) => port);
    const { kafka, postgres } = this.#servers.pids;
    return [...services.map(({ name, pid }) => [name, pid]), ['broker', kafka], ['postgres', postgres]];
  }

  /** @returns {Promise<Record<string, { seconds: number, count: number }>>} by stage: its turns so far, and how long they took */
  async turns() {
    const all = {};
    for (const port of this.#ports) {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      for (const [, what, stage, value] of text.matchAll(TURNS)) {
        all[stage] ??= { seconds: 0, count: 0 };
        all[stage][what === 'sum' ? 'seconds' : 'count'] += Number(value);
      }
    }
    return all;
  }

  async stop() {
    if (this.#env) await this.#run(['down']).catch(() => {});
    await this.#servers?.stop();
  }

  async #json(args) {
    return JSON.parse(await this.#run([...args, '--json']));
  }

  async #run(args) {
    const { stdout } = await exec(process.execPath, [MILLRACE, ...args], { env: this.#env });
    return stdout;
  }
}
