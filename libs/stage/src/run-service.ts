import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { MillraceError, topicsOf } from '@millrace/contracts';
import { loadPlans } from '@millrace/dataset';
import { KafkaClient } from '@millrace/kafka';
import { createLogger, type Logger, nestLogger, ReadinessChecks, readEnvironment } from '@millrace/telemetry';
import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SERVICE_VARIABLES, type ServiceEnvironment } from './environment.js';
import { PlanRegistry } from './plan-registry.js';
import { currentPlans, loadPlansIfAny } from './plans.js';
import { RegistryReader } from './registry-reader.js';
import { type ServiceContext, serviceModule } from './service.module.js';

/** What a running service does besides answering HTTP. */
export interface ServiceLife {
  /** Kafka is reachable and the topics are there. `fail` latches: the process ends with exit code 1. */
  start(app: INestApplication, context: ServiceContext, fail: (error: unknown) => void): Promise<void>;
  /** Before the module's own destruction. After a failure it must be quick. */
  stop(app: INestApplication): Promise<void>;
}

const DAY_MS = 86_400_000;
/** Until a stop must be done, after a signal and after a failure. */
const STOP_MS = 15_000;
const STOP_FAILED_MS = 2000;

/** Exit codes: a configuration that no restart mends, datasets that only a process started anew reads, and everything else. */
const EXIT = { config: 3, plans: 75, failure: 1, ok: 0 } as const;

/**
 * Runs one service until SIGTERM, SIGINT, the end of its supervisor, or its first failure. HTTP (health, metrics) is up
 * before Kafka is waited for. Never throws: it ends the process with exit code 0 (stopped), 1 (failure), 3 (configuration) or
 * 75 (new datasets: to be started again at once).
 */
export async function runService(name: string, module: Type, life: ServiceLife): Promise<void> {
  const service = new RunningService(name, life);
  process.on('uncaughtException', (error) => service.fail(error));
  process.on('unhandledRejection', (error) => service.fail(error));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => service.stop(signal));
  process.on('disconnect', () => service.stop('end of the supervisor'));
  try {
    await service.start(module);
  } catch (error) {
    service.fail(error);
  }
}

class RunningService {
  private logger: Logger;
  private app: INestApplication | undefined;
  private context: ServiceContext | undefined;
  private started = false;
  private stopping = false;
  private readonly aborted = new AbortController();

  constructor(
    private readonly name: string,
    private readonly life: ServiceLife,
  ) {
    this.logger = createLogger({ service: name, instance: name });
  }

  async start(module: Type): Promise<void> {
    const environment = readEnvironment(SERVICE_VARIABLES);
    const instance = environment.MILLRACE_INSTANCE ?? this.name;
    this.logger = createLogger({ service: this.name, instance, level: environment.MILLRACE_LOG_LEVEL });
    const registry = await this.openRegistry(environment, instance);
    const { plans } = registry;
    const kafka = new KafkaClient({ brokers: environment.KAFKA_BROKERS, clientId: instance, logger: this.logger });
    this.context = { environment, plans, registry, kafka, logger: this.logger };
    const app = await NestFactory.create(serviceModule(module, this.context), new FastifyAdapter(), {
      logger: nestLogger(this.logger),
      abortOnError: false,
    });
    this.app = app;
    app.get(ReadinessChecks).register('started', () => this.started);
    await app.listen(environment.MILLRACE_HTTP_PORT, environment.MILLRACE_HTTP_HOST);
    const { port } = app.getHttpServer().address() as AddressInfo;
    this.logger.info({ port, datasets: [...currentPlans(plans).keys()] }, 'listening');
    process.send?.({ type: 'listening', port });
    await kafka.reachable(DAY_MS, this.aborted.signal);
    await kafka.ensureTopics([...currentPlans(plans).values()].flatMap((plan) => topicsOf(plan.name, plan.parts)));
    if (this.stopping) return;
    registry.watch();
    await this.life.start(app, this.context, (error) => this.fail(error));
    this.started = true;
  }

  private async openRegistry(
    { DATABASE_URL: url, MILLRACE_DATASETS: paths }: ServiceEnvironment,
    instance: string,
  ): Promise<PlanRegistry> {
    const plans = url ? loadPlansIfAny(paths) : loadPlans(paths);
    const reader = url ? new RegistryReader(url, `${instance} registry`) : undefined;
    const registry = new PlanRegistry(plans, reader, this.logger, (names) => this.restart(names));
    await registry.refresh();
    return registry;
  }

  fail(error: unknown): void {
    if (this.stopping) {
      this.logger.warn({ err: error }, 'failure while stopping');
      return;
    }
    const isConfig =
      error instanceof MillraceError && (error.code === 'CONFIG_INVALID' || error.code === 'ENVIRONMENT_INVALID');
    const err = error instanceof Error ? error : new Error(String(error));
    this.logger.fatal({ code: error instanceof MillraceError ? error.code : undefined, err }, 'failed');
    void this.end(isConfig ? EXIT.config : EXIT.failure, STOP_FAILED_MS);
  }

  stop(reason: string): void {
    if (this.stopping) return;
    this.logger.info({ reason }, 'stopping');
    void this.end(EXIT.ok, STOP_MS);
  }

  /** Consumers cannot take in more topics while they run. */
  private restart(datasets: string[]): void {
    if (this.stopping) return;
    this.logger.info({ datasets }, 'new datasets: to be started again');
    void this.end(EXIT.plans, STOP_MS);
  }

  private async end(exit_code: number, within_ms: number): Promise<void> {
    this.stopping = true;
    this.aborted.abort();
    setTimeout(() => this.exit(exit_code, 'not stopped in time'), within_ms);
    try {
      if (this.app) await this.life.stop(this.app);
      await this.app?.close();
      await this.context?.registry.stop();
      await this.context?.kafka.close();
      this.exit(exit_code, 'stopped');
    } catch (error) {
      this.logger.error({ err: error }, 'failure while stopping');
      this.exit(exit_code || EXIT.failure, 'stopped');
    }
  }

  private exit(exit_code: number, message: string): never {
    try {
      this.logger.info({ exit_code }, message);
    } finally {
      // Also when nobody reads the log any more, because the supervisor is gone.
      process.exit(exit_code);
    }
  }
}
