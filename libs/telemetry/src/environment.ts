import { MillraceError } from '@millrace/contracts';
import { readSecrets } from './secrets.js';

export { maskSecrets } from './secret-mask.js';
export { SECRET_VARIABLES, type SecretVariable, withSecrets } from './secrets.js';

/** One environment variable: how its text becomes a value. `parse` throws an Error that says what is expected. */
export interface Variable<T> {
  parse(text: string): T;
  /** Stands for a missing or empty variable; without it the variable must be set. */
  fallback?: { value: T };
}

export type Values<S> = { [Name in keyof S]: S[Name] extends Variable<infer T> ? T : never };

/** Every MILLRACE_* name that some part of Millrace reads: what is not among them is a typing error of the user's. */
export const KNOWN_VARIABLES: readonly string[] = [
  'MILLRACE_API_KEY',
  'MILLRACE_API_KEY_FILE',
  'MILLRACE_BACKLOG_BYTES',
  'MILLRACE_BACKLOG_MESSAGES',
  'MILLRACE_BIN',
  'MILLRACE_CONTRACT',
  'MILLRACE_DATASETS',
  'MILLRACE_FAULT',
  'MILLRACE_FILTER_MAX_BYTES',
  'MILLRACE_HOME',
  'MILLRACE_HTTP_BODY_BYTES',
  'MILLRACE_HTTP_CONNECTIONS',
  'MILLRACE_HTTP_FIELD_BYTES',
  'MILLRACE_HTTP_HOST',
  'MILLRACE_HTTP_KEYS_STALE_MS',
  'MILLRACE_HTTP_PORT',
  'MILLRACE_HTTP_ROWS',
  'MILLRACE_INSTANCE',
  'MILLRACE_IN_FLIGHT_BYTES',
  'MILLRACE_LOG_LEVEL',
  'MILLRACE_QUIET_MS',
  'MILLRACE_STALL_MS',
  'MILLRACE_STOP_DELAY_MS',
  'MILLRACE_STOP_MS',
  'MILLRACE_STORAGE_METRICS_MS',
  'MILLRACE_TRIM',
  'MILLRACE_WATCH',
  'MILLRACE_WRAPPED',
];

const variable = <T>(parse: (text: string) => T, fallback: T | undefined): Variable<T> => ({
  parse,
  fallback: fallback === undefined ? undefined : { value: fallback },
});

export function text(fallback?: string): Variable<string> {
  return variable((value) => value, fallback);
}

/** Text that may be missing. */
export function optional<T>(of: Variable<T>): Variable<T | undefined> {
  return { parse: of.parse, fallback: { value: undefined } };
}

export function integer(bounds: { min: number; max: number; fallback?: number }): Variable<number> {
  return variable((value) => {
    const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= bounds.min && number <= bounds.max) return number;
    throw new Error(`an integer in ${bounds.min}..${bounds.max}`);
  }, bounds.fallback);
}

/** @param protocols without colon, e.g. `['postgres', 'postgresql']` */
export function url(protocols: readonly string[], fallback?: string): Variable<string> {
  return variable((given) => {
    const value = given.trim();
    if (URL.canParse(value) && protocols.includes(new URL(value).protocol.slice(0, -1))) return value;
    throw new Error(`a URL that begins with ${protocols.map((name) => `${name}://`).join(' or ')}`);
  }, fallback);
}

/** Comma separated, without blanks and empty items. */
export function list(fallback?: string[]): Variable<string[]> {
  return variable((value) => {
    const items = value
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
    if (items.length > 0) return items;
    throw new Error('a comma separated list');
  }, fallback);
}

export function oneOf<const T extends string>(names: readonly T[], fallback?: T): Variable<T> {
  return variable((value) => {
    const found = names.find((name) => name === value);
    if (found !== undefined) return found;
    throw new Error(`one of ${names.join(', ')}`);
  }, fallback);
}

export function flag(fallback = false): Variable<boolean> {
  return variable((value) => {
    if (value === '1' || value === 'true') return true;
    if (value === '0' || value === 'false') return false;
    throw new Error('1 or 0');
  }, fallback);
}

/**
 * Reads and validates the environment once. The keys of the schema are the variables' names. A secret may stand in a file instead,
 * see secrets.ts.
 * @throws MillraceError ENVIRONMENT_INVALID that names every problem, with the nearest known name for an unknown one
 */
export function readEnvironment<S extends Record<string, Variable<unknown>>>(
  schema: S,
  environment: NodeJS.ProcessEnv = process.env,
): Values<S> {
  const secrets: { values: Record<string, string>; problems: string[] } = readSecrets(environment, Object.keys(schema));
  const { problems } = secrets;
  const values: Record<string, unknown> = {};
  for (const [name, { parse, fallback }] of Object.entries(schema)) {
    const value = secrets.values[name] ?? environment[name];
    if (value === undefined || value === '') {
      if (fallback) values[name] = fallback.value;
      else if (!problems.some((problem) => problem.startsWith(`${name}_FILE `))) problems.push(`${name} is not set`);
      continue;
    }
    try {
      values[name] = parse(value);
    } catch (error) {
      // Never the value itself: URLs carry passwords.
      problems.push(`${name} must be ${(error as Error).message}`);
    }
  }
  problems.push(...unknownNames(environment, [...KNOWN_VARIABLES, ...Object.keys(schema)]));
  if (problems.length > 0) throw new MillraceError('ENVIRONMENT_INVALID', problems.join('; '));
  return values as Values<S>;
}

function unknownNames(environment: NodeJS.ProcessEnv, known: string[]): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith('MILLRACE_') && !known.includes(name))
    .map((name) => {
      const distances = known.map((candidate) => [distance(name, candidate), candidate] as const);
      return `${name} is unknown: did you mean ${distances.sort((a, b) => a[0] - b[0])[0][1]}?`;
    });
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
