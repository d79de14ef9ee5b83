import { flag, integer, LOG_LEVELS, list, oneOf, optional, text, url, type Values } from '@millrace/telemetry';

/** What every service reads from its environment; a service adds its own. */
export const SERVICE_VARIABLES = {
  KAFKA_BROKERS: list(),
  DATABASE_URL: optional(url(['postgres', 'postgresql'])),
  MILLRACE_HOME: text('.millrace'),
  /** Files and directories of dataset configs, joined as in PATH. With DATABASE_URL the registry knows them as well, and none need be there. */
  MILLRACE_DATASETS: text('datasets'),
  /** Name of this instance, e.g. `cleaner-1`; default: the service's name. */
  MILLRACE_INSTANCE: optional(text()),
  /** 0: any free one, told in the log line `listening`. */
  MILLRACE_HTTP_PORT: integer({ min: 0, max: 65_535, fallback: 0 }),
  MILLRACE_HTTP_HOST: text('127.0.0.1'),
  MILLRACE_LOG_LEVEL: oneOf(LOG_LEVELS, 'info'),
  /** A consumer with lag and without progress for this long ends itself. */
  MILLRACE_STALL_MS: integer({ min: 1000, max: 3_600_000, fallback: 30_000 }),
  /** Delete consumed records from the topics. */
  MILLRACE_TRIM: flag(),
};

export type ServiceEnvironment = Values<typeof SERVICE_VARIABLES>;
