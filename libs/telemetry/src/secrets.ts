import { readFileSync } from 'node:fs';
import { MillraceError } from '@millrace/contracts';
import { rememberSecret } from './secret-mask.js';

/** What may stand in a file instead, named by `<NAME>_FILE`: nobody sees it in the list of processes or a container's description. */
export const SECRET_VARIABLES = [
  'DATABASE_URL',
  'KAFKA_SASL_PASSWORD',
  'KAFKA_SSL_KEY_PASSWORD',
  'MILLRACE_API_KEY',
  'PGPASSWORD',
] as const;

export type SecretVariable = (typeof SECRET_VARIABLES)[number];

type Environment = Record<string, string | undefined>;

export interface Secrets {
  /** By the variables' names, only those that are set. */
  values: Partial<Record<SecretVariable, string>>;
  /** For people; never a value. */
  problems: string[];
}

/** The secrets among these names, from the environment or from the files that it names. Files are read at each call. */
export function readSecrets(environment: Environment, names: readonly string[] = SECRET_VARIABLES): Secrets {
  const secrets: Secrets = { values: {}, problems: [] };
  for (const name of SECRET_VARIABLES) {
    if (!names.includes(name)) continue;
    try {
      const value = readSecret(environment, name);
      if (value === undefined) continue;
      secrets.values[name] = value;
      rememberSecret(name === 'DATABASE_URL' ? passwordOf(value) : value);
    } catch (error) {
      secrets.problems.push((error as Error).message);
    }
  }
  return secrets;
}

/**
 * The environment with every secret in its place, whether it came from a file or not, and without the names of the files. Not to be
 * handed to another process: that one reads the files itself.
 * @throws MillraceError ENVIRONMENT_INVALID: a secret is given twice, or its file is missing or empty
 */
export function withSecrets(
  environment: NodeJS.ProcessEnv = process.env,
  names: readonly SecretVariable[] = SECRET_VARIABLES,
): NodeJS.ProcessEnv {
  const { values, problems } = readSecrets(environment, names);
  if (problems.length > 0) throw new MillraceError('ENVIRONMENT_INVALID', problems.join('; '));
  const resolved: NodeJS.ProcessEnv = { ...environment, ...values };
  for (const name of names) delete resolved[`${name}_FILE`];
  return resolved;
}

function readSecret(environment: Environment, name: SecretVariable): string | undefined {
  const path = environment[`${name}_FILE`];
  if (!path) return environment[name] || undefined;
  if (environment[name]) throw new Error(`${name} and ${name}_FILE are both set: unset one of them`);
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${name}_FILE names ${path}, which cannot be read (${code})`);
  }
  // Editors and `echo` end a file with one.
  const value = content.replace(/\r?\n$/, '');
  if (value === '') throw new Error(`${name}_FILE names ${path}, which is empty`);
  return value;
}

/** Of a URL; empty where it has none. */
function passwordOf(url: string): string {
  try {
    const { password, searchParams } = new URL(url);
    return searchParams.get('password') ?? decodeURIComponent(password);
  } catch {
    return '';
  }
}
