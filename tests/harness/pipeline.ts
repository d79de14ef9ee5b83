import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { MillraceError } from '@millrace/contracts';
import { loadPlans } from '@millrace/dataset';
import { type Database, digest, openDatabase } from '@millrace/postgres';
import {
  type AnswerKey,
  expectAnswer,
  expectLiveAnswer,
  type LiveAnswer,
  readLiveTotals,
  untilLive,
} from '@millrace/testkit';
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

/** A command of ours in a process of its own, and the last JSON line that it printed. */
export interface CommandResult {
  exit_code: number;
  last: Record<string, unknown>;
  stderr: string;
}

/** What a producer ended with. */
export interface Produced extends CommandResult {
  answer: LiveAnswer;
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

  /** @param scale e.g. `cleaner=2,deduper=2` @param env extra environment of the services, e.g. MILLRACE_FAULT @param args of `up` */
  static async start(scale = '', env: Record<string, string> = {}, ...args: string[]): Promise<Pipeline> {
    const pipeline = new Pipeline(env);
    await pipeline.up(scale, ...args);
    return pipeline;
  }

  async up(scale = '', ...args: string[]): Promise<void> {
    await this.cli('up', '--detach', ...(scale ? ['--scale', scale] : []), ...args);
    const endpoints = JSON.parse(await this.cli('endpoints', '--json'));
    this.kafka_brokers = endpoints.kafka_brokers;
    this.database = await openDatabase(endpoints.database_url, { max: 2 });
  }

  async cli(...args: string[]): Promise<string> {
    const { stdout } = await exec(process.execPath, [millrace, ...args], { env: this.env, maxBuffer: 1 << 26 });
    return stdout;
  }

  /** `millrace run --once` on a directory; resolves when the command ends, whatever its exit code. */
  async run(directory: string): Promise<RunResult> {
    const command = this.command('run', '--once', '--dataset', 'sales', '--path', directory, '--json');
    const { exit_code, last, stderr } = await command.ended;
    return { exit_code, result: last as RunResult['result'], stderr };
  }

  /** A command in a process of its own. `lines` has what it printed so far, a JSON object each; for short commands. */
  command(...args: string[]): {
    ended: Promise<CommandResult>;
    lines: Record<string, unknown>[];
    signal: (name: NodeJS.Signals) => void;
  } {
    const child = spawn(process.execPath, [millrace, ...args], { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.runs.push(child);
    const lines: Record<string, unknown>[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) lines.push(JSON.parse(line));
    });
    let stderr = '';
    child.stderr.on('data', (data) => (stderr += data));
    const ended = new Promise<CommandResult>((resolve) => {
      child.on('close', (code) => resolve({ exit_code: code ?? -1, last: lines.at(-1) ?? {}, stderr }));
    });
    return { ended, lines, signal: (name) => child.kill(name) };
  }

  /** `millrace produce` in a process of its own; resolves with its answer key once it has sent all. */
  produce(...args: string[]): Promise<Produced> {
    return this.producing(...args).finished;
  }

  /** As `produce`. `sent`: rows that count by now. `stop` ends it in good order: what it took is brought to its end. */
  producing(...args: string[]): { finished: Promise<Produced>; sent: () => number; stop: () => Promise<Produced> } {
    const key = join(this.home, 'produce', `${randomUUID()}.json`);
    const { ended, lines, signal } = this.command('produce', '--key', key, '--json', ...args);
    const finished = ended.then((result): Produced => {
      expect(result.exit_code, result.stderr).toBe(0);
      return { ...result, answer: JSON.parse(readFileSync(key, 'utf8')) };
    });
    // Who waits for it may come later.
    finished.catch(() => undefined);
    const stop = () => {
      signal('SIGINT');
      return finished;
    };
    return { finished, sent: () => Number(lines.at(-1)?.rows ?? 0), stop };
  }

  /** Base URL of each ingestor that listens. */
  async ingestUrls(): Promise<string[]> {
    const { ingest } = JSON.parse(await this.cli('endpoints', '--json'));
    return ingest.map(({ url }: { url: string }) => url);
  }

  async services(): Promise<Service[]> {
    return JSON.parse(await this.cli('status', '--json')).services;
  }

  /** Signals one instance by name (`cleaner-1`) and gives its pid, or undefined when it is not running just now. */
  async signal(instance: string, signal: NodeJS.Signals): Promise<number | undefined> {
    // The supervisor's own record: a command takes a second, in which much comes back to life.
    const { services } = JSON.parse(readFileSync(join(this.home, 'state.json'), 'utf8')) as { services: Service[] };
    const service = services.find((candidate) => candidate.instance === instance);
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

  /**
   * Waits until all that was produced is applied, and compares: every row, rejects, gold, books; nothing set aside and not one
   * heal. The answers (and files) are all that ever came in.
   */
  async expectLive(
    answers: LiveAnswer[],
    { files, timeout_ms = 30_000 }: { files?: AnswerKey[]; timeout_ms?: number } = {},
  ): Promise<void> {
    const read = () => this.patiently(() => readLiveTotals(this.database));
    await untilLive(read, answers, { files, timeout_ms });
    await this.patiently(() => expectLiveAnswer(this.database, answers, { files }));
    expect(await this.faults()).toEqual({ set_aside: '0', heals: '0' });
  }

  /** Messages set aside and chunks published again, in all. */
  async faults(): Promise<{ set_aside: string; heals: string }> {
    const [faults] = await this.database.query<{ set_aside: string; heals: string }>(
      `select (select count(*) from millrace.set_aside)::text as set_aside,
         ((select coalesce(sum(heals), 0) from millrace.chunks) + (select coalesce(sum(heals), 0) from millrace.ranges))::text as heals`,
    );
    return faults;
  }

  /** Again while PostgreSQL is away, for some seconds. */
  private async patiently<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 50; ; tries--) {
      try {
        return await work();
      } catch (error) {
        if (tries === 0 || !(error instanceof MillraceError && error.retriable)) throw error;
        await sleep(200);
      }
    }
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
