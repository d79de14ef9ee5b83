import { type ErrorCode, type ErrorPlace, MillraceError } from '@millrace/contracts';
import { maskSecrets } from '@millrace/telemetry/environment';
import { visible } from './screen/format.js';

/** What to do about an error, where its message does not say so already. */
const ADVICE: Partial<Record<ErrorCode, string>> = {
  CONFIG_INVALID: 'correct the configuration, then check it: npx millrace validate',
  DEPENDENCY_MISSING: 'npm run setup',
  KAFKA_UNREACHABLE: 'check that the broker runs and KAFKA_BROKERS names it',
  POSTGRES_UNREACHABLE: 'check that PostgreSQL runs and DATABASE_URL names it',
  POSTGRES_TOO_OLD: 'use PostgreSQL 15 or later, or unset DATABASE_URL for the embedded one',
  DISK_FULL: 'make space on the disk and call again: it goes on where it stood',
  EMBEDDED_START_FAILED: 'read the logs under the state directory (MILLRACE_HOME, default .millrace)',
  STALLED: 'npx millrace status, then the logs under the state directory',
  RUN_INCOMPLETE: 'npx millrace status; the same command again goes on where this one stopped',
};

const BAD_CONFIGURATION: readonly ErrorCode[] = ['CONFIG_INVALID', 'ENVIRONMENT_INVALID'];

/** What only a command can meet: nothing that crosses to a service, so it is not in the contracts' list. */
export class CommandFailure extends Error {
  constructor(
    readonly code: 'NOT_RUNNING' | 'NOT_READY' | 'INTERRUPTED' | 'REFUSED' | 'USAGE',
    message: string,
    readonly advice: string,
  ) {
    super(message);
    this.name = 'CommandFailure';
  }
}

/** Of an error of PostgreSQL, as `sql` meets them. */
const SQLSTATE = /^[0-9A-Z]{5}$/;

export interface Failure {
  code: string;
  message: string;
  place: string | null;
  advice: string | null;
}

/** Without any secret, whatever the error's message holds. */
export function failureOf(error: unknown): Failure {
  const failure = describe(error);
  return { ...failure, message: maskSecrets(failure.message) };
}

function describe(error: unknown): Failure {
  if (error instanceof MillraceError) {
    return {
      code: error.code,
      message: error.message,
      place: describePlace(error.place),
      advice: ADVICE[error.code] ?? null,
    };
  }
  if (error instanceof CommandFailure) {
    return { code: error.code, message: error.message, place: null, advice: error.advice };
  }
  const message = error instanceof Error ? error.message : String(error);
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && SQLSTATE.test(code))
    return { code: `SQLSTATE ${code}`, message, place: null, advice: null };
  return { code: 'UNEXPECTED', message, place: null, advice: 'MILLRACE_LOG_LEVEL=debug shows where it happened' };
}

/** 3 for bad configuration or environment, else 1. */
export function exitCodeOfError(error: unknown): 1 | 3 {
  if (error instanceof CommandFailure) return error.code === 'USAGE' ? 3 : 1;
  return error instanceof MillraceError && BAD_CONFIGURATION.includes(error.code) ? 3 : 1;
}

/** One readable block; the stack only for those who ask for it. */
export function errorBlock(error: unknown, level = process.env.MILLRACE_LOG_LEVEL): string {
  const { code, message, place, advice } = failureOf(error);
  const lines = [`millrace: ${code}`, `  What:   ${message.trim().split('\n').map(visible).join('\n          ')}`];
  if (place) lines.push(`  Where:  ${place}`);
  if (advice) lines.push(`  Do:     ${advice}`);
  if ((level === 'debug' || level === 'trace') && error instanceof Error) lines.push(stackOf(error));
  return maskSecrets(`${lines.join('\n')}\n`);
}

function describePlace(place: ErrorPlace): string | null {
  const items = Object.entries(place)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${visible(String(value))}`);
  return items.length > 0 ? items.join(', ') : null;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
