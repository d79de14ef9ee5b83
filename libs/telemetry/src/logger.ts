import { MillraceError } from '@millrace/contracts';
import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger as PinoLogger, pino, stdSerializers } from 'pino';

export type Logger = PinoLogger;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** JSON lines with service, instance, pid and an ISO time. Errors go under `err`, with code, place, cause and trace. */
export function createLogger(
  names: { service: string; instance: string; level?: LogLevel },
  destination?: DestinationStream,
): Logger {
  const options = {
    level: names.level ?? 'info',
    base: { service: names.service, instance: names.instance, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
    serializers: { err: serializeError },
  };
  return destination ? pino(options, destination) : pino(options);
}

function serializeError(error: Error): object {
  const serialized = stdSerializers.err(error);
  return error instanceof MillraceError ? { ...serialized, code: error.code, place: error.place } : serialized;
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
