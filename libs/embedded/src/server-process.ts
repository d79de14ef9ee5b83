import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, renameSync, statSync, truncateSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '@millrace/contracts';
import { DISK_BOUNDS, diskFull, freeBytes } from './disk.js';

export type ServerName = 'kafka' | 'postgres';

/** What a server needs to be run; the same for both. */
export interface ServerSpec {
  name: ServerName;
  home: string;
  command: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
  /** Receives stdout and stderr. */
  output: string;
  /** Signals that end it in good order, the roughest last. */
  stop_steps: { signal: NodeJS.Signals; wait_ms: number }[];
}

export type ExitCode = number | NodeJS.Signals;

/** Told of each server as soon as its process exists, long before clients can use it. */
export type Spawned = (server: ServerProcess) => void;

const OUTPUT_BYTES = 8 * 1024 * 1024;
const TAIL_BYTES = 4096;

/** A running server. It leads its own process group, so that Ctrl-C reaches us alone and we stop it in order. */
export class ServerProcess {
  readonly exited: Promise<ExitCode>;
  private exit: ExitCode | undefined;
  private spawn_error: Error | undefined;
  private readonly output_start: number;

  private constructor(
    readonly spec: ServerSpec,
    private readonly child: ChildProcess,
    output_start: number,
  ) {
    this.output_start = output_start;
    this.exited = new Promise((resolve) => {
      child.once('error', (error) => {
        this.spawn_error = error;
        resolve(127);
      });
      child.once('exit', (code, signal) => resolve(code ?? signal ?? 1));
    });
    void this.exited.then((code) => {
      this.exit = code;
    });
  }

  static launch(spec: ServerSpec): ServerProcess {
    const size = sizeOf(spec.output);
    if (size > OUTPUT_BYTES) renameSync(spec.output, `${spec.output}.1`);
    const output = openSync(spec.output, 'a', 0o644);
    try {
      const { command, args, cwd, env, uid, gid } = spec;
      const child = spawn(command, args, { cwd, env, uid, gid, detached: true, stdio: ['ignore', output, output] });
      return new ServerProcess(spec, child, size > OUTPUT_BYTES ? 0 : size);
    } finally {
      closeSync(output);
    }
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get running(): boolean {
    return this.exit === undefined;
  }

  /**
   * Resolves when `isReady` says so. As long as the process lives and is not late beyond `timeout_ms` it is waited for:
   * recovery after a kill -9 may take its time.
   * @throws MillraceError EMBEDDED_START_FAILED, DEPENDENCY_MISSING or DISK_FULL
   */
  async untilReady(isReady: () => Promise<boolean>, timeout_ms: number): Promise<void> {
    const deadline = Date.now() + timeout_ms;
    while (!(await isReady())) {
      if (!this.running) throw await this.failure(`ended with ${this.exit} while starting`);
      if (Date.now() > deadline) {
        await this.stop();
        throw await this.failure(`was not ready within ${Math.round(timeout_ms / 1000)} s`);
      }
      await sleep(25);
    }
  }

  /** Why it ended or did not start, with the end of its output. */
  async failure(what: string): Promise<MillraceError> {
    if (this.spawn_error) {
      const text = `${this.spec.command} cannot be run: install it ("npm run setup" says how)`;
      return new MillraceError('DEPENDENCY_MISSING', text, { cause: this.spawn_error });
    }
    const output = await this.tail();
    const free = await freeBytes(this.spec.home).catch(() => Number.POSITIVE_INFINITY);
    const cause = new Error(output.trim() || '(no output)');
    if (free < DISK_BOUNDS.floor_bytes || /No space left on device|ENOSPC/i.test(output)) {
      return diskFull(this.spec.home, free, DISK_BOUNDS.start_bytes, cause);
    }
    const text = `${this.spec.name} ${what}; see ${this.spec.output}\n${lastLines(output)}`;
    return new MillraceError('EMBEDDED_START_FAILED', text, { cause });
  }

  /** The end of what this process has written so far. */
  async tail(): Promise<string> {
    const size = sizeOf(this.spec.output);
    const start = Math.max(size < this.output_start ? 0 : this.output_start, size - TAIL_BYTES);
    const file = await open(this.spec.output, 'r').catch(() => undefined);
    if (!file) return '';
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - start)), 0, undefined, start);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  }

  /** Keeps the output file within bounds while running; it is written in append mode, so cutting it is safe. */
  boundOutput(): void {
    if (sizeOf(this.spec.output) > OUTPUT_BYTES) truncateSync(this.spec.output, 0);
  }

  async stop(): Promise<void> {
    for (const { signal, wait_ms } of this.spec.stop_steps) {
      if (!this.running) return;
      this.child.kill(signal);
      await Promise.race([this.exited, sleep(wait_ms, undefined, { ref: false })]);
    }
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function lastLines(output: string): string {
  return output.trimEnd().split('\n').slice(-6).join('\n');
}
