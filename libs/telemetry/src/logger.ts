import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type LoggerOptions, type Logger as PinoLogger, pino, stdSerializers } from 'pino';
import { maskSecrets } from './secret-mask.js';

export type Logger = PinoLogger;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Never to be logged, at whatever depth somebody passes them. */
const SECRET_FIELDS = ['password', 'passphrase', 'sasl', 'connectionString', 'authorization', 'secret'];
const SECRET_PATHS = ['', '*.', '*.*.'].flatMap((depth) => SECRET_FIELDS.map((field) => `${depth}${field}`));

/**
 * JSON lines with service, instance, pid and an ISO time. Errors go under `err`, with code, place, cause and trace. No line holds a
 * secret: see secret-mask.ts.
 */
export function createLogger(
  names: { service: string; instance: string; level?: LogLevel },
  destination?: DestinationStream,
): Logger {
  const options: LoggerOptions = {
    level: names.level ?? 'info',
    base: { service: names.service, instance: names.instance, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
    serializers: { err: serializeError },
    redact: { paths: SECRET_PATHS, censor: '***' },
    hooks: { streamWrite: maskSecrets },
  };
  return destination ? pino(options, destination) : pino(options);
}

/**
 * What an error tells of its place. Nothing else: errors of PostgreSQL's and Kafka's clients and of Node's own parsers carry
 * whatever they were called with.
 */
const TOLD = [
  'code',
  'place',
  ...['errno', 'syscall', 'address', 'port'],
  ...['severity', 'detail', 'hint', 'where', 'schema', 'table', 'column', 'constraint', 'routine'],
  ...['broker', 'retriable'],
];

function serializeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, stack } = stdSerializers.err(error);
  const known = error as Error & Record<string, unknown>;
  const told = TOLD.flatMap((name) => (known[name] === undefined ? [] : [[name, known[name]] as const]));
  const errors = error instanceof AggregateError ? { errors: error.errors.map(serializeError) } : {};
  return { type: error.constructor.name, ...Object.fromEntries(told), message, stack, ...errors };
}

/** Nest's own messages in the same log; its chatter about routes is only for `debug`. */
export function nestLogger(logger: Logger): LoggerService {
  const write =
    (level: 'trace' | 'debug' | 'warn' | 'error' | 'fatal') =>
    (message: unknown, ...rest: unknown[]) =>
      message instanceof Error
        ? logger[level]({ err: message }, message.message)
        : logger[level]({ nest: rest.filter((item) => item !== undefined) }, String(message));
  return {
    log: write('debug'),
    error: write('error'),
    warn: write('warn'),
    debug: write('debug'),
    verbose: write('trace'),
    fatal: write('fatal'),
  };
}
