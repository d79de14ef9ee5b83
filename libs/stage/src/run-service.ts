import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupOf, MillraceError, topicsOf } from '@millrace/contracts';
import { loadPlans } from '@millrace/dataset';
import { KafkaClient, readKafkaSecurity } from '@millrace/kafka';
import { createLogger, type Logger, nestLogger, ReadinessChecks } from '@millrace/telemetry';
import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ServerWait } from './await-servers.js';
import { tellBuild } from './build-info.js';
import { readSecretsNow, readServiceEnvironment, type ServiceEnvironment, stopDelay } from './environment.js';
import { PlanRegistry } from './plan-registry.js';
import { currentPlans, loadPlansIfAny } from './plans.js';
import { RegistryReader } from './registry-reader.js';
import { type ServiceContext, serviceModule } from './service.module.js';
import type { StageOptions } from './stage.js';
import { onStopSignals } from './stop-signals.js';

/** What a running service does besides answering HTTP. */
export interface ServiceLife {
  /** Others send it requests: a stop goes on taking them for a moment, see MILLRACE_STOP_DELAY_MS. */
  takesRequests?: boolean;
  /** It can begin without PostgreSQL where it knows datasets from files. */
  canDoWithoutDatabase?: boolean;
  /** Kafka and PostgreSQL are there, with topics and schema. `fail` latches: the process ends with exit code 1. */
  start(app: INestApplication, context: ServiceContext, fail: (error: unknown) => void): Promise<void>;
  /**
   * Before the module's own destruction: takes nothing new, and finishes what is in flight as far as that can be done within the time.
   * After a failure it must be quick.
   */
  stop(app: INestApplication, within_ms: number): Promise<void>;
}

/** Until a stop must be done after a failure, or before anything was begun. */
const STOP_FAILED_MS = 2000;
/** Of the time for a stop: what leaving the group, a last snapshot and closing may take. */
const CLOSE_SHARE = 0.3;

/** Exit codes: a configuration that no restart mends, datasets or secrets that only a process started anew reads, and everything else. */
const EXIT = { config: 3, renew: 75, failure: 1, ok: 0 } as const;

/**
 * Runs one service until SIGTERM, SIGINT, the end of its supervisor, or its first failure. HTTP (health, metrics) is up
 * before Kafka and PostgreSQL are waited for. Never throws: it ends the process with exit code 0 (stopped, in time or not), 1 (failure),
 * 3 (configuration), 75 (new datasets or secrets: to be started again at once), or 128 + n (at once, by a second signal n).
 */
export async function runService(name: StageOptions['service'], module: Type, life: ServiceLife): Promise<void> {
  const service = new RunningService(name, life);
  process.on('uncaughtException', (error) => service.fail(error));
  process.on('unhandledRejection', (error) => service.fail(error));
  onStopSignals(
    (signal) => service.stop(signal),
    (signal, exit_code) => service.exit(exit_code, `ended at once by a second ${signal}`, 'warn'),
  );
  process.on('disconnect', () => service.stop('end of the supervisor'));
  try {
    await service.start(module);
  } catch (error) {
    service.fail(error);
  }
}

class RunningService {
  private logger: Logger;
  private environment: ServiceEnvironment | undefined;
  private secrets: string | undefined;
  private app: INestApplication | undefined;
  private context: ServiceContext | undefined;
  private state: 'waiting' | 'beginning' | 'running' | 'stopping' = 'waiting';
  private readonly aborted = new AbortController();

  constructor(
    private readonly name: StageOptions['service'],
    private readonly life: ServiceLife,
  ) {
    this.logger = createLogger({ service: name, instance: name });
  }

  async start(module: Type): Promise<void> {
    const environment = readServiceEnvironment(this.name);
    this.environment = environment;
    this.secrets = readSecretsNow(this.name);
    const { MILLRACE_INSTANCE: instance, MILLRACE_LOG_LEVEL: level, KAFKA_BROKERS: brokers } = environment;
    this.logger = createLogger({ service: this.name, instance, level });
    tellBuild(this.name, environment.MILLRACE_CONTRACT);
    const registry = this.openRegistry(environment);
    const kafka = new KafkaClient({ brokers, clientId: instance, security: readKafkaSecurity(), logger: this.logger });
    const context = { environment, plans: registry.plans, registry, kafka, logger: this.logger };
    this.context = context;
    const { app, servers } = await this.listen(module, context);
    await servers.untilThere();
    const topics = [...currentPlans(registry.plans).values()].flatMap((plan) => topicsOf(plan.name, plan.parts));
    await servers.untilTopics(topics);
    if (this.isStopping) return;
    this.state = 'beginning';
    registry.watch();
    await this.life.start(app, context, (error) => this.fail(error));
    if (!this.isStopping) this.state = 'running';
  }

  /** HTTP from the very beginning: alive, and what is missing is told. */
  private async listen(module: Type, context: ServiceContext): Promise<{ app: INestApplication; servers: ServerWait }> {
    const { environment, kafka, registry, logger } = context;
    const app = await NestFactory.create(serviceModule(module, context), new FastifyAdapter(), {
      logger: nestLogger(logger),
      abortOnError: false,
    });
    this.app = app;
    const checks = app.get(ReadinessChecks);
    checks.register('started', () => {
      if (this.isStopping) throw new Error('stopping');
      return this.state === 'running';
    });
    const servers = new ServerWait({
      ...{ kafka, registry, checks, log: logger, signal: this.aborted.signal, group: groupOf(this.name) },
      ...{ database_url: environment.DATABASE_URL, role: environment.MILLRACE_INSTANCE },
      canDoWithoutDatabase: this.life.canDoWithoutDatabase === true && context.plans.size > 0,
      onRefusal: () => this.renewIf(this.secrets !== readSecretsNow(this.name)),
    });
    await app.listen(environment.MILLRACE_HTTP_PORT, environment.MILLRACE_HTTP_HOST);
    const { port } = app.getHttpServer().address() as AddressInfo;
    logger.info({ port }, 'listening');
    process.send?.({ type: 'listening', port });
    return { app, servers };
  }

  private openRegistry({
    DATABASE_URL: url,
    MILLRACE_DATASETS: paths,
    MILLRACE_INSTANCE: instance,
  }: ServiceEnvironment) {
    const plans = url ? loadPlansIfAny(paths) : loadPlans(paths);
    const reader = url ? new RegistryReader(url, `${instance} registry`) : undefined;
    return new PlanRegistry(plans, reader, this.logger, (datasets) =>
      this.renew({ datasets }, 'new datasets: to be started again'),
    );
  }

  private get isStopping(): boolean {
    return this.state === 'stopping';
  }

  fail(error: unknown): void {
    if (this.isStopping) {
      // What was waited for was given up.
      if (error !== this.aborted.signal.reason) this.logger.warn({ err: error }, 'failure while stopping');
      return;
    }
    const isConfig =
      error instanceof MillraceError && (error.code === 'CONFIG_INVALID' || error.code === 'ENVIRONMENT_INVALID');
    const err = error instanceof Error ? error : new Error(String(error));
    this.logger.fatal({ code: error instanceof MillraceError ? error.code : undefined, err }, 'failed');
    void this.end(isConfig ? EXIT.config : EXIT.failure, STOP_FAILED_MS);
  }

  stop(reason: string): void {
    if (this.isStopping) return;
    const within_ms = this.environment?.MILLRACE_STOP_MS ?? STOP_FAILED_MS;
    this.logger.info({ reason, within_ms }, 'stopping');
    // What waits for a server has nothing to finish.
    if (this.state === 'waiting') void this.end(EXIT.ok, Math.min(within_ms, STOP_FAILED_MS));
    else void this.end(EXIT.ok, within_ms, this.life.takesRequests && this.state === 'running');
  }

  /** What refuses us may know a secret that was rolled; the file of it says so by now. */
  private renewIf(areChanged: boolean): void {
    if (areChanged) this.renew({}, 'secrets have changed: to be started again');
  }

  /** Consumers cannot take in more topics while they run, nor what is connected other secrets. */
  private renew(about: object, why: string): void {
    if (this.isStopping) return;
    this.logger.info(about, why);
    void this.end(EXIT.renew, this.environment?.MILLRACE_STOP_MS ?? STOP_FAILED_MS);
  }

  /** Nothing is lost when it does not come to its end: what was in flight is done again by whoever goes on. */
  private async end(exit_code: number, within_ms: number, isAnnounced = false): Promise<void> {
    const hasBegun = this.state !== 'waiting';
    const until = performance.now() + within_ms;
    this.state = 'stopping';
    this.aborted.abort(new Error('the service ends'));
    setTimeout(() => this.exit(exit_code, 'not stopped in time: what was in flight is done again', 'warn'), within_ms);
    try {
      if (isAnnounced && this.environment) await sleep(stopDelay(this.environment));
      if (this.app && hasBegun) await this.life.stop(this.app, (until - performance.now()) * (1 - CLOSE_SHARE));
      await this.app?.close();
      if (hasBegun) {
        await this.context?.registry.stop();
        await this.context?.kafka.close();
      }
    } catch (error) {
      this.logger.error({ err: error }, 'failure while stopping: what was in flight is done again');
    }
    this.exit(exit_code, 'stopped');
  }

  exit(exit_code: number, message: string, level: 'info' | 'warn' = 'info'): never {
    try {
      this.logger[level]({ exit_code }, message);
    } finally {
      // Also when nobody reads the log any more, because the supervisor is gone.
      process.exit(exit_code);
    }
  }
}
