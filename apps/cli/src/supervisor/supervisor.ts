import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MillraceError } from '@millrace/contracts';
import { type DatasetPlan, loadPlans } from '@millrace/dataset';
import { type Lock, lockHome, watchDisk } from '@millrace/embedded';
import { CommandFailure } from '../failure.js';
import type { WatchRequest } from '../live/watches.js';
import { COMPILE_CACHE, datasetsDirectory, serviceScript } from '../project.js';
import { instancesOf, type Scale } from '../scale.js';
import { claimHome } from './home.js';
import { endLeftovers } from './leftovers.js';
import { LogFile, lastFailure } from './log-file.js';
import { prepareServers } from './prepare.js';
import { registerPlansAt } from './register-plans.js';
import { Servers } from './servers.js';
import { Service } from './service.js';
import { readState, type SupervisorState, writeState } from './state.js';
import { WaitingPlans } from './waiting-plans.js';

/** Longer than the services give themselves. */
const STOP_MS = 20_000;
const POLL_MS = 50;
const STATE_RETRY_MS = 1_000;
/** Deaths of a service that was never ready, after which a start is given up. */
const DEATHS_AT_START = 4;

export interface SupervisorOptions {
  home: string;
  scale: Scale;
  mode: SupervisorState['mode'];
  /** Port of ingestor-1; ingestor-2 has the next one, and so on. */
  http_port?: number;
  /** To be made the current ones of their datasets; default: those of the datasets' directory. */
  plans?: readonly DatasetPlan[];
  /** Directories to watch from now on. */
  watches?: readonly WatchRequest[];
  /** For people: one line. */
  note: (text: string) => void;
}

/** Holds a home: its lock, its servers, its services, its state file. `start` once, `stop` always. */
export class Supervisor {
  /** Rejects when it must not go on, as another may hold the home now; then `stop` it. */
  readonly failed: Promise<never>;
  private readonly fail: (error: Error) => void;
  private readonly state: SupervisorState;
  private readonly services: Service[] = [];
  private servers: Servers | undefined;
  private starting: Promise<void> | undefined;
  private lock: Lock | undefined;
  private unwatchDisk: (() => void) | undefined;
  private stateTimer: NodeJS.Timeout | undefined;
  private readonly waiting: WaitingPlans;

  constructor(private readonly options: SupervisorOptions) {
    const { promise, reject } = Promise.withResolvers<never>();
    // Nobody may be listening, e.g. while stopping.
    promise.catch(() => undefined);
    this.failed = promise;
    this.waiting = new WaitingPlans({
      register: (plans) => registerPlansAt(this.state.database_url, plans),
      note: options.note,
      problem: (error) => this.setProblem(error),
      isEnding: () => this.isEnding,
    });
    this.fail = reject;
    this.state = {
      version: 1,
      mode: options.mode,
      supervisor_pid: process.pid,
      state: 'starting',
      started_at: new Date().toISOString(),
      database_url: '',
      kafka_brokers: '',
      embedded: false,
      problem: null,
      services: [],
    };
  }

  /** Servers, schema and topics, then the services. @throws MillraceError DIRECTORY_LOCKED, EMBEDDED_START_FAILED, ... */
  start(): Promise<void> {
    this.starting ??= this.startAll();
    return this.starting;
  }

  /**
   * Until all services are ready; for a single run also until its plans are registered.
   * @throws CommandFailure NOT_READY with the end of the log of a service that does not become ready, MillraceError PLAN_BUSY
   */
  async untilReady(timeout_ms: number): Promise<void> {
    const deadline = Date.now() + timeout_ms;
    while (this.state.state === 'starting') {
      const waiting = this.services.filter(({ record }) => record.state !== 'running');
      if (waiting.length === 0 && (this.options.mode === 'up' || this.waiting.isEmpty)) {
        this.state.state = 'ready';
        this.save();
        return;
      }
      const dying = waiting.find(({ record, misconfigured }) => misconfigured || record.restarts >= DEATHS_AT_START);
      if (dying || (waiting.length > 0 && Date.now() > deadline)) throw notReady(dying ?? waiting[0]);
      if (Date.now() > deadline) throw this.waiting.error;
      await sleep(POLL_MS);
    }
  }

  /** Services first, servers last. Never throws; safe to call at any time, also while starting. */
  async stop(): Promise<void> {
    if (this.isEnding) return;
    this.state.state = 'stopping';
    // Whoever called `start` has its error.
    await this.starting?.catch(() => undefined);
    if (!this.lock) return;
    this.save();
    this.unwatchDisk?.();
    await Promise.all(this.services.map((service) => service.stop(STOP_MS)));
    await this.servers?.stop();
    this.state.state = 'stopped';
    this.save();
    clearTimeout(this.stateTimer);
    await this.lock.release();
  }

  private async startAll(): Promise<void> {
    const { home, scale, note, watches = [] } = this.options;
    const { plans = [...loadPlans(datasetsDirectory()).values()] } = this.options;
    mkdirSync(home, { recursive: true });
    this.lock = await lockHome(home);
    this.lock.onLost((error) => this.fail(error));
    const left = await endLeftovers(readState(home));
    if (left > 0) note(`ended ${left} processes that a killed supervisor left`);
    claimHome(home);
    this.save();
    this.servers = await Servers.start({ home, log: note, problem: (error) => this.setProblem(error) });
    const { database_url, kafka_brokers, embedded } = this.servers;
    Object.assign(this.state, { database_url, kafka_brokers, embedded });
    this.waiting.add(await prepareServers(this.servers, plans, watches));
    if (this.state.state !== 'starting') return;
    this.createServices(scale);
    this.watchDisk();
    for (const service of this.services) service.start();
    void this.waiting.run();
  }

  private get isEnding(): boolean {
    return this.state.state === 'stopping' || this.state.state === 'stopped';
  }

  private createServices(scale: Scale): void {
    const { home, http_port } = this.options;
    for (const { name, instance, index } of instancesOf(scale)) {
      const service = new Service({
        name,
        instance,
        script: serviceScript(name),
        environment: this.environmentOf(instance),
        log: new LogFile(join(home, 'logs', `${instance}.log`)),
        port: name === 'ingestor' && http_port !== undefined ? http_port + index : undefined,
        changed: () => this.save(),
      });
      this.services.push(service);
      this.state.services.push(service.record);
    }
  }

  private environmentOf(instance: string): NodeJS.ProcessEnv {
    const { database_url, kafka_brokers, embedded } = this.state;
    // Of `up` alone: no service knows it.
    const { MILLRACE_WATCH: _watch, ...environment } = process.env;
    return {
      // The embedded broker holds only what is not applied yet; in a broker of others nothing is deleted.
      ...(embedded ? { MILLRACE_TRIM: '1' } : {}),
      // A fifth of what a service needs to start.
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...environment,
      // Other servers are theirs as they are ours: a service reads passwords and files anew whenever it starts.
      ...(embedded ? { DATABASE_URL: database_url, KAFKA_BROKERS: kafka_brokers } : {}),
      MILLRACE_HOME: this.options.home,
      MILLRACE_DATASETS: datasetsDirectory(),
      MILLRACE_INSTANCE: instance,
    };
  }

  /** Without space nothing may write any more: the services stop, and go on when there is space again. */
  private watchDisk(): void {
    let pause: Promise<unknown> = Promise.resolve();
    this.unwatchDisk = watchDisk(this.options.home, {
      onLow: (error) => {
        this.setProblem(error);
        pause = Promise.all(this.services.map((service) => service.stop(STOP_MS)));
      },
      onRecovered: async () => {
        await pause;
        this.setProblem(undefined);
        if (this.isEnding) return;
        for (const service of this.services) service.start();
      },
    });
  }

  private setProblem(error: MillraceError | undefined): void {
    this.options.note(error ? `${error.code}: ${error.message}` : 'mended: going on');
    this.state.problem = error ? { code: error.code, message: error.message } : null;
    this.save();
  }

  /** A full disk must not end the supervisor: it tries again until the file is written. */
  private save(): void {
    clearTimeout(this.stateTimer);
    try {
      writeState(this.options.home, this.state);
    } catch (error) {
      this.options.note(`state.json: ${error instanceof Error ? error.message : error}`);
      this.stateTimer = setTimeout(() => this.save(), STATE_RETRY_MS).unref();
    }
  }
}

function notReady({ record, logPath }: Service): CommandFailure {
  const { instance, restarts } = record;
  const what =
    restarts > 0 ? `${instance} ended ${restarts} times while starting` : `${instance} does not become ready`;
  const failure = lastFailure(logPath);
  return new CommandFailure('NOT_READY', failure ? `${what}: ${failure}` : what, `read ${logPath}`);
}
