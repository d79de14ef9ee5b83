import { mkdir, realpath, rm } from 'node:fs/promises';
import { MillraceError } from '@millrace/contracts';
import { requireFreeBytes } from './disk.js';
import { Guard } from './guard.js';
import { type HomePaths, homeMarks, homePaths } from './home.js';
import { type KafkaExtras, startKafka } from './kafka-server.js';
import { choosePorts, type Ports } from './ports.js';
import { type PostgresExtras, startPostgres } from './postgres-server.js';
import { endProcesses, processesMarked } from './processes.js';
import type { ExitCode, ServerName, ServerProcess } from './server-process.js';

/** @param reason DISK_FULL or EMBEDDED_START_FAILED with the end of the server's output */
export type ExitListener = (name: ServerName, code: ExitCode, reason: MillraceError) => void;

export interface EmbeddedOptions {
  log?: (message: string) => void;
  /** Beyond the usual settings; for tests of servers that are set up as others set up theirs. */
  kafka?: KafkaExtras;
  postgres?: PostgresExtras;
}

const PORT_ATTEMPTS = 3;
const OUTPUT_CHECK_MS = 30_000;

/**
 * Starts both servers under `home` and resolves when clients can use them: a topic can be created, a table too.
 * Whoever calls it holds the lock of `home` (lockHome). What an earlier process left running is stopped first.
 * @throws MillraceError DISK_FULL, DEPENDENCY_MISSING or EMBEDDED_START_FAILED
 */
export async function startEmbedded(home: string, options: EmbeddedOptions = {}): Promise<Embedded> {
  await mkdir(home, { recursive: true });
  const paths = homePaths(await realpath(home));
  await requireFreeBytes(paths.home);
  await mkdir(paths.logs, { recursive: true });
  const log = options.log ?? (() => {});
  await endLeftovers(paths, log);
  for (let attempt = 1; ; attempt++) {
    const embedded = new Embedded(paths, await choosePorts(paths.ports), options);
    try {
      await embedded.start();
      return embedded;
    } catch (error) {
      await embedded.stop();
      // Between choosing a port and taking it another process may be faster.
      const taken = error instanceof Error && /Address already in use|could not bind/i.test(error.message);
      if (!taken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

/** Stops what an earlier process left running under `home`, and deletes what the servers hold there. Hold its lock. */
export async function removeServers(home: string): Promise<void> {
  const paths = homePaths(await realpath(home));
  await endLeftovers(paths, () => {});
  for (const path of [paths.kafka, paths.postgres, paths.ports, paths.logs]) {
    await rm(path, { recursive: true, force: true });
  }
}

export class Embedded {
  private readonly servers: Partial<Record<ServerName, ServerProcess>> = {};
  private readonly listeners = new Set<ExitListener>();
  private readonly guard = new Guard();
  private readonly timer: NodeJS.Timeout;
  /** Those that clients can use, and so whose end is news. */
  private readonly ready = new Set<ServerProcess>();
  private url = '';
  private stopping = false;

  constructor(
    private readonly paths: HomePaths,
    private readonly ports: Ports,
    private readonly options: EmbeddedOptions = {},
  ) {
    this.timer = setInterval(() => this.boundOutputs(), OUTPUT_CHECK_MS);
    this.timer.unref();
  }

  /** Same after each start of the same home, unless another program has taken the port meanwhile. */
  get kafka_brokers(): string {
    return `127.0.0.1:${this.ports.kafka}`;
  }

  /** Holds the password: not for logs. */
  get database_url(): string {
    return this.url;
  }

  /** Of the servers that run now. */
  get pids(): Partial<Record<ServerName, number>> {
    const running = Object.values(this.servers).filter((server) => server.running);
    return Object.fromEntries(running.map((server) => [server.spec.name, server.pid]));
  }

  /** Called whenever a server ends that was not told to. It stays down until `restart`. */
  onExit(listener: ExitListener): void {
    this.listeners.add(listener);
  }

  async start(): Promise<void> {
    const started = await Promise.allSettled([this.launch('kafka'), this.launch('postgres')]);
    const failed = started.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /**
   * Stops the server if it runs and starts it again on the same port.
   * @throws MillraceError as startEmbedded
   */
  async restart(name: ServerName): Promise<void> {
    await requireFreeBytes(this.paths.home);
    await this.end(name);
    await this.launch(name);
  }

  /** Stops both in good order. Never throws for a server that is gone already. */
  async stop(): Promise<void> {
    if (this.stopping) return;
    this.stopping = true;
    clearInterval(this.timer);
    await Promise.all([this.end('kafka'), this.end('postgres')]);
    this.guard.release();
  }

  private async launch(name: ServerName): Promise<void> {
    const started_at = Date.now();
    const spawned = (server: ServerProcess) => this.adopt(server);
    const { kafka, postgres } = this.options;
    if (name === 'kafka') await startKafka(this.paths, this.ports, spawned, kafka);
    else this.url = await startPostgres(this.paths, this.ports, spawned, postgres);
    this.ready.add(this.servers[name]!);
    this.log(`${name} started on port ${this.ports[name]} (pid ${this.pids[name]}) in ${Date.now() - started_at} ms`);
  }

  private log(message: string): void {
    this.options.log?.(message);
  }

  private adopt(server: ServerProcess): void {
    const { name } = server.spec;
    this.servers[name] = server;
    this.guard.watch(name, server.pid);
    // A stop that came before the process existed.
    if (this.stopping) void server.stop();
    void server.exited.then(async (code) => {
      this.guard.watch(name, 0);
      // While it starts, whoever waits for it learns of it.
      if (!this.ready.delete(server)) return;
      const reason = await server.failure(`ended with ${code}`);
      this.log(reason.message);
      for (const listener of this.listeners) listener(name, code, reason);
    });
  }

  private async end(name: ServerName): Promise<void> {
    const server = this.servers[name];
    if (!server) return;
    this.ready.delete(server);
    await server.stop();
  }

  private boundOutputs(): void {
    for (const server of Object.values(this.servers)) server.boundOutput();
  }
}

async function endLeftovers(paths: HomePaths, log: (message: string) => void): Promise<void> {
  const pids = processesMarked(['java', 'postgres'], Object.values(homeMarks(paths.home)));
  if (pids.length === 0) return;
  log(`stopping servers that an earlier process left running (pid ${pids.join(', ')})`);
  // To Kafka and PostgreSQL alike SIGINT is a quick stop in good order.
  const steps = [
    { signal: 'SIGINT' as const, wait_ms: 20_000 },
    { signal: 'SIGQUIT' as const, wait_ms: 5000 },
    { signal: 'SIGKILL' as const, wait_ms: 5000 },
  ];
  if (await endProcesses(pids, steps)) return;
  throw new MillraceError('EMBEDDED_START_FAILED', `servers left running cannot be ended (pid ${pids.join(', ')})`);
}
