import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone's root, from wherever the command is called: this file lies in apps/cli/src or apps/cli/dist. */
export const PROJECT_ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export const MILLRACE_BIN = join(PROJECT_ROOT, 'apps', 'cli', 'bin', 'millrace.js');

/** The state directory: MILLRACE_HOME (relative to the caller's directory), else `.millrace` in the clone. */
export function millraceHome(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.MILLRACE_HOME ? resolve(environment.MILLRACE_HOME) : join(PROJECT_ROOT, '.millrace');
}

export function datasetsDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.MILLRACE_DATASETS ? resolve(environment.MILLRACE_DATASETS) : join(PROJECT_ROOT, 'datasets');
}

export function serviceScript(service: string): string {
  return join(PROJECT_ROOT, 'apps', service, 'dist', 'main.js');
}
