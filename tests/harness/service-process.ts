import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from './until.js';

/** The built tree of this clone. */
export const TREE = join(import.meta.dirname, '../..');

/** A directory that keeps what the services say, to look into a test that fails. */
const { TEST_LOGS } = process.env;

export type ServiceName = 'ingestor' | 'cleaner' | 'deduper' | 'aggregator';

/** A line of a service's log. */
export type Line = Record<string, unknown> & { msg: string; time: string };

/** One service in a process of its own, as it is deployed, and what it says. */
export class ServiceProcess {
  readonly lines: Line[] = [];
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  private readonly child: ChildProcess;

  /** @param tree where its program lies, built @param environment all of its environment, but what Node itself needs */
  constructor(service: ServiceName, environment: Record<string, string>, tree = TREE) {
    const { PATH, NODE_COMPILE_CACHE = '' } = process.env;
    this.child = spawn(process.execPath, [join(tree, 'apps', service, 'dist/main.js')], {
      env: { PATH, NODE_COMPILE_CACHE, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.lines.push(JSON.parse(line));
      if (TEST_LOGS) appendFileSync(join(TEST_LOGS, `${environment.MILLRACE_INSTANCE}.log`), `${line}\n`);
    });
    // Not before its last line was read.
    this.ended = new Promise((resolve) => this.child.once('close', (code, signal) => resolve(signal ?? code)));
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  said(msg: string): Line[] {
    return this.lines.filter((line) => line.msg === msg);
  }

  /** Until it has said this. @returns the first such line */
  async says(msg: string, that: (line: Line) => boolean = () => true): Promise<Line> {
    const found = () => this.said(msg).find(that);
    const describe = () => `${msg}; the log ends with ${this.lines.slice(-3).map((line) => JSON.stringify(line))}`;
    await until(() => found() !== undefined || !this.isRunning).catch(() => {
      throw new Error(`never said: ${describe()}`);
    });
    const line = found();
    if (line) return line;
    throw new Error(`ended and never said: ${describe()}`);
  }

  /** Where its HTTP is. */
  async url(): Promise<string> {
    const { port } = await this.says('listening');
    return `http://127.0.0.1:${port}`;
  }

  /** Until it is ready. */
  async ready(): Promise<this> {
    const url = `${await this.url()}/health/ready`;
    const isReady = () =>
      fetch(url).then(
        ({ ok }) => ok,
        () => false,
      );
    await until(async () => (await isReady()) || !this.isRunning).catch(() => {});
    if (this.isRunning && (await isReady())) return this;
    throw new Error(`does not become ready: ${JSON.stringify([...this.said('failed'), ...this.lines.slice(-3)])}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** SIGTERM. @returns its exit code */
  stop(): Promise<number | NodeJS.Signals | null> {
    this.signal('SIGTERM');
    return this.ended;
  }
}
