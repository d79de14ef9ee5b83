import { hostname } from 'node:os';
import { CONTRACT } from '@millrace/contracts';
import { readKafkaSecurity } from '@millrace/kafka';
import {
  flag,
  integer,
  LOG_LEVELS,
  list,
  oneOf,
  optional,
  readEnvironment,
  text,
  url,
  type Values,
} from '@millrace/telemetry';

/** What every service reads from its environment; a service adds its own. */
export const SERVICE_VARIABLES = {
  KAFKA_BROKERS: list(),
  DATABASE_URL: optional(url(['postgres', 'postgresql'])),
  /** For a DATABASE_URL without one; named here so that its file is found missing at the start. */
  PGPASSWORD: optional(text()),
  MILLRACE_HOME: text('.millrace'),
  /** Files and directories of dataset configs, joined as in PATH. With DATABASE_URL the registry knows them as well, and none need be there. */
  MILLRACE_DATASETS: text('datasets'),
  /**
   * Name of this instance, e.g. `cleaner-1`; default: `<service>-<hostname>`, which tells containers apart. Two of one service on one machine
   * must be named.
   */
  MILLRACE_INSTANCE: optional(text()),
  /** 0: any free one, told in the log line `listening`. */
  MILLRACE_HTTP_PORT: integer({ min: 0, max: 65_535, fallback: 0 }),
  MILLRACE_HTTP_HOST: text('127.0.0.1'),
  MILLRACE_LOG_LEVEL: oneOf(LOG_LEVELS, 'info'),
  /** A consumer with lag and without progress for this long ends itself. */
  MILLRACE_STALL_MS: integer({ min: 1000, max: 3_600_000, fallback: 30_000 }),
  /** How long a stop may take: below Kubernetes' grace period of 30 s. */
  MILLRACE_STOP_MS: integer({ min: 1000, max: 3_600_000, fallback: 15_000 }),
  /**
   * Of that, how long an ingestor goes on taking requests after /health/ready has said no, until load balancers have noticed.
   * Default: 3000 where others than this machine can reach it (MILLRACE_HTTP_HOST), else 0.
   */
  MILLRACE_STOP_DELAY_MS: optional(integer({ min: 0, max: 3_600_000 })),
  /** In which contract version an ingestor publishes: the newest that it knows, or an older one while a rollback must stay possible. */
  MILLRACE_CONTRACT: integer({ min: CONTRACT.oldest, max: CONTRACT.newest, fallback: CONTRACT.newest }),
  /** Delete consumed records from the topics. */
  MILLRACE_TRIM: flag(),
};

export type ServiceEnvironment = Values<typeof SERVICE_VARIABLES> & { MILLRACE_INSTANCE: string };

/** @throws MillraceError ENVIRONMENT_INVALID */
export function readServiceEnvironment(service: string): ServiceEnvironment {
  const environment = readEnvironment(SERVICE_VARIABLES);
  return { ...environment, MILLRACE_INSTANCE: environment.MILLRACE_INSTANCE ?? `${service}-${hostname()}` };
}

/** To tell whether they have changed; undefined while they cannot be read: a mounted file is being replaced. */
export function readSecretsNow(service: string): string | undefined {
  try {
    const { DATABASE_URL, PGPASSWORD } = readServiceEnvironment(service);
    return JSON.stringify([DATABASE_URL, PGPASSWORD, readKafkaSecurity()]);
  } catch {
    return undefined;
  }
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/** How long a stop goes on taking requests. */
export function stopDelay(
  environment: Pick<ServiceEnvironment, 'MILLRACE_STOP_DELAY_MS' | 'MILLRACE_STOP_MS' | 'MILLRACE_HTTP_HOST'>,
): number {
  const { MILLRACE_STOP_DELAY_MS: given, MILLRACE_STOP_MS: stop_ms, MILLRACE_HTTP_HOST: host } = environment;
  return Math.min(given ?? (LOOPBACK.test(host) ? 0 : 3000), stop_ms / 2);
}
