import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone's root, from wherever the command is called: this file lies in apps/cli/src or apps/cli/dist. */
export const PROJECT_ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export const MILLRACE_BIN = join(PROJECT_ROOT, 'apps', 'cli', 'bin', 'millrace.js');

/** Where Node keeps compiled code of this installation: in no directory that others can write to. Where it cannot be written there is none. */
export const COMPILE_CACHE = join(PROJECT_ROOT, 'node_modules', '.cache', 'millrace');

/** The state directory: MILLRACE_HOME (relative to the caller's directory), else `.millrace` in the clone. */
export function millraceHome(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.MILLRACE_HOME ? resolve(environment.MILLRACE_HOME) : join(PROJECT_ROOT, '.millrace');
}

/** Where configs are: MILLRACE_DATASETS (directories and files, joined as in PATH), else `datasets` in the clone. */
export function datasetsDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment.MILLRACE_DATASETS;
  if (!named) return join(PROJECT_ROOT, 'datasets');
  return named
    .split(delimiter)
    .map((path) => resolve(path))
    .join(delimiter);
}

export function serviceScript(service: string): string {
  return join(PROJECT_ROOT, 'apps', service, 'dist', 'main.js');
}
