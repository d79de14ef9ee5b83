import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadPlans } from '@millrace/dataset';
import { type Database, digest, openDatabase } from '@millrace/postgres';
import { type AnswerKey, expectAnswer } from '@millrace/testkit';
import { expect } from 'vitest';

const root = join(import.meta.dirname, '../..');
const millrace = join(root, 'apps/cli/bin/millrace.js');
const exec = promisify(execFile);

export interface Service {
  name: string;
  instance: string;
  pid: number | null;
  state: string;
  lag: number | null;
  restarts: number;
}

export interface RunResult {
  exit_code: number;
  result: Record<string, number | boolean>;
  stderr: string;
}

/** What must hold after every run, disturbed or not: exact counts, nothing set aside, and not one heal. */
export function expectExact({ exit_code, result, stderr }: RunResult, { totals }: AnswerKey): void {
  const { rows_in, written, duplicates, rejected } = totals;
  expect({ exit_code, ...result }, stderr).toMatchObject({
    exit_code: 0,
    rows_in,
    written,
    duplicates,
    rejected,
    balanced: true,
    complete: true,
    heals: 0,
    set_aside: 0,
  });
}

function commandLineOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** A whole Millrace as a user starts it: own home, own servers, the real command line. */
export class Pipeline {
  readonly home = mkdtempSync(join(tmpdir(), 'millrace-home-'));
  private readonly env: NodeJS.ProcessEnv;
  private runs: ChildProcess[] = [];
  database!: Database;
  kafka_brokers!: string;

  constructor(env: Record<string, string>) {
    const { KAFKA_BROKERS: _brokers, DATABASE_URL: _url, NODE_OPTIONS: _options, ...rest } = process.env;
    this.env = { ...rest, MILLRACE_HOME: this.home, ...env };
  }

  /** @param scale e.g. `cleaner=2,deduper=2` @param env extra environment of the services, e.g. MILLRACE_FAULT */
  static async start(scale = '', env: Record<string, string> = {}): Promise<Pipeline> {
    const pipeline = new Pipeline(env);
    await pipeline.up(scale);
    return pipeline;
  }

  async up(scale = ''): Promise<void> {
    await this.cli('up', '--detach', ...(scale ? ['--scale', scale] : []));
    const endpoints = JSON.parse(await this.cli('endpoints', '--json'));
    this.kafka_brokers = endpoints.kafka_brokers;
    this.database = await openDatabase(endpoints.database_url, { max: 2 });
  }

  async cli(...args: string[]): Promise<string> {
    const { stdout } = await exec(process.execPath, [millrace, ...args], { env: this.env, maxBuffer: 1 << 26 });
    return stdout;
  }

  /** `millrace run --once` on a directory; resolves when the command ends, whatever its exit code. */
  run(directory: string): Promise<RunResult> {
    const child = spawn(
      process.execPath,
      [millrace, 'run', '--once', '--dataset', 'sales', '--path', directory, '--json'],
      {
        env: this.env,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.runs.push(child);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    return new Promise((resolve) => {
      child.on('close', (code) => {
        const last = stdout.trim().split('\n').at(-1) ?? '';
        resolve({ exit_code: code ?? -1, result: last.startsWith('{') ? JSON.parse(last) : {}, stderr });
      });
    });
  }

  async services(): Promise<Service[]> {
    return JSON.parse(await this.cli('status', '--json')).services;
  }

  /** Signals one instance by name (`cleaner-1`) and gives its pid, or undefined when it is not running just now. */
  async signal(instance: string, signal: NodeJS.Signals): Promise<number | undefined> {
    const service = (await this.services()).find((candidate) => candidate.instance === instance);
    if (!service?.pid) return undefined;
    try {
      process.kill(service.pid, signal);
      return service.pid;
    } catch {
      return undefined;
    }
  }

  /** SIGKILL to one of the embedded servers; the supervisor has to bring it back. Gives the pid. */
  async killServer(name: 'kafka' | 'postgres'): Promise<number> {
    const mark = name === 'kafka' ? `-Dmillrace.home=${this.home}` : `millrace.home=${this.home}`;
    const pid = readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && commandLineOf(entry).includes(mark));
    if (!pid) throw new Error(`no ${name} of ${this.home} is running`);
    process.kill(Number(pid), 'SIGKILL');
    return Number(pid);
  }

  async digest(): Promise<string> {
    const plan = [...loadPlans(join(root, 'datasets')).values()].find((candidate) => candidate.name === 'sales')!;
    return JSON.stringify(await digest(this.database, plan));
  }

  async expect(answer: AnswerKey): Promise<void> {
    await expectAnswer(this.database, answer);
  }

  async count(sql: string): Promise<number> {
    const rows = await this.database.query<{ count: string }>(sql);
    return Number(rows[0].count);
  }

  async stop(): Promise<void> {
    for (const child of this.runs) child.kill('SIGKILL');
    await this.database?.close().catch(() => {});
    await this.cli('down').catch(() => {});
    rmSync(this.home, { recursive: true, force: true });
  }
}
