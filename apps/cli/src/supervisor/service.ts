import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '../scale.js';
import { countDeath, restartDelay } from './backoff.js';
import { type LogFile, OWN_LINE } from './log-file.js';
import { freePort } from './port.js';
import { isReady } from './readiness.js';
import type { ServiceRecord } from './state.js';

const READY_POLL_MS = 150;
/**
 * V8's young generation, in MiB: small, so that it is collected before the Buffers that die in it (external memory) trigger a
 * collection of the whole heap (docs/adr/0005). As in deploy/Dockerfile.
 */
const HEAP_FLAG = '--max-semi-space-size=4';
/** How a service says that its configuration is wrong: no restart mends that. */
const EXIT_CONFIGURATION = 3;
/** How it says that there are new datasets, which a process takes in when it is started. */
const EXIT_PLANS_CHANGED = 75;

export interface ServiceOptions {
  name: ServiceName;
  instance: string;
  script: string;
  environment: NodeJS.ProcessEnv;
  log: LogFile;
  /** HTTP port that it should have; without one, any, which it then keeps over its restarts. */
  port?: number;
  /** After each change of the record. */
  changed: () => void;
}

/** One instance of a service: a child process that is started again, with backoff, until `stop`. */
export class Service {
  readonly record: ServiceRecord;
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private deaths = 0;
  private running_since = 0;
  private stopping = false;
  /** The port of its last life, or the wanted one. */
  private last_port: number | undefined;
  /** Ended by its configuration, at the last end. */
  misconfigured = false;

  constructor(private readonly options: ServiceOptions) {
    const { name, instance, port } = options;
    this.last_port = port;
    this.record = { name, instance, pid: null, state: 'starting', restarts: 0, port: null, started_at: null };
  }

  get logPath(): string {
    return this.options.log.path;
  }

  start(): void {
    if (this.child) return;
    this.stopping = false;
    clearTimeout(this.timer);
    // Whoever knows its address shall find it there again; where another took the port meanwhile, any is better than none.
    void freePort(this.last_port).then((port) => {
      if (!this.child && !this.stopping) this.spawn(port);
    });
  }

  private spawn(port: number): void {
    const { script, environment, log, instance } = this.options;
    // With the channel a child notices at once when the supervisor is killed; a script that throws while it is loaded ends too.
    const child = spawn(process.execPath, ['--enable-source-maps', HEAP_FLAG, script], {
      env: { ...environment, MILLRACE_HTTP_PORT: String(port) },
      // A group of its own: Ctrl-C reaches the supervisor alone, which stops all in order.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child = child;
    this.running_since = 0;
    child.stdout?.on('data', (chunk) => log.write(chunk));
    child.stderr?.on('data', (chunk) => log.write(chunk));
    child.on('error', (error) => log.write(`${instance}: ${error.message}\n`));
    child.on('message', (message) => this.listening(child, message));
    child.once('exit', (code, signal) => this.ended(child, code, signal));
    this.change({ pid: child.pid ?? null, state: 'starting', port: null, started_at: new Date().toISOString() });
    // No process at all (no memory, no file handles): there will be no exit event.
    if (child.pid === undefined) this.ended(child, null, null);
  }

  /** SIGTERM; SIGKILL after the deadline. Resolves when the process is gone. */
  async stop(deadline_ms: number): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    const child = this.child;
    if (child) {
      this.change({ state: 'stopping' });
      const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), deadline_ms);
      await gone;
      clearTimeout(killer);
    }
    this.change({ state: 'stopped', pid: null, port: null });
    this.options.log.close();
  }

  private listening(child: ChildProcess, message: unknown): void {
    const { type, port } = message as { type?: string; port?: number };
    if (type !== 'listening' || typeof port !== 'number' || child !== this.child) return;
    this.last_port = this.options.port ?? port;
    this.change({ port });
    void this.awaitReady(child, port);
  }

  private async awaitReady(child: ChildProcess, port: number): Promise<void> {
    while (child === this.child && !this.stopping) {
      if (await isReady(port)) {
        if (child !== this.child || this.stopping) return;
        this.running_since = Date.now();
        this.change({ state: 'running' });
        return;
      }
      await sleep(READY_POLL_MS);
    }
  }

  private ended(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    if (child !== this.child) return;
    this.child = undefined;
    if (this.stopping) return;
    if (code === EXIT_PLANS_CHANGED) {
      this.renew();
      return;
    }
    this.misconfigured = code === EXIT_CONFIGURATION;
    this.deaths = countDeath(this.deaths, this.running_since ? Date.now() - this.running_since : 0);
    const delay_ms = restartDelay(this.deaths);
    this.options.log.write(
      `${OWN_LINE}${this.record.instance} ended (${signal ?? `exit code ${code}`}), starts again in ${delay_ms} ms\n`,
    );
    this.change({ pid: null, port: null, state: 'restarting', restarts: this.record.restarts + 1 });
    this.timer = setTimeout(() => this.start(), delay_ms);
  }

  /** Not a death: at once, and not counted. */
  private renew(): void {
    this.misconfigured = false;
    this.options.log.write(`${OWN_LINE}${this.record.instance} ended for new datasets, starts again\n`);
    this.change({ pid: null, port: null, state: 'restarting' });
    this.start();
  }

  private change(change: Partial<ServiceRecord>): void {
    Object.assign(this.record, change);
    this.options.changed();
  }
}
