import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { MillraceError } from '@millrace/contracts';
import { type Account, mayUse } from './account.js';
import { DISK_BOUNDS, diskFull, freeBytes } from './disk.js';
import type { HomePaths } from './home.js';

/** The programs, the user that runs them, and so how they are to be called. */
export interface Installation {
  tree: string;
  account: Account | undefined;
}

/** Nothing of the caller's PG* variables may reach the server. */
export const POSTGRES_ENV = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * How a program of PostgreSQL is told where its data lies. As root the data may well lie under directories that
 * its user cannot enter; on Linux that does no harm, as we enter it first and name it by /proc/self/cwd.
 * @throws MillraceError EMBEDDED_START_FAILED
 */
export function dataArgument(directory: string, account: Account | undefined): string {
  if (!account) return directory;
  if (existsSync('/proc/self/cwd')) return '/proc/self/cwd';
  if (mayUse(account, [directory])) return directory;
  const advice = 'set MILLRACE_HOME to a directory that everyone can enter, or run Millrace as another user';
  throw new MillraceError('EMBEDDED_START_FAILED', `user ${account.name} cannot enter ${directory}: ${advice}`);
}

/** Creates the cluster with its superuser and database `millrace` where it does not exist yet. Returns the password. */
export async function ensureCluster(paths: HomePaths, installation: Installation): Promise<string> {
  await mkdir(paths.postgres, { recursive: true });
  if (existsSync(paths.postgres_data)) {
    await requireSameVersion(paths, installation);
    return readPassword(paths);
  }
  const password = randomBytes(18).toString('hex');
  await writeDurably(paths.password, password);
  const fresh = `${paths.postgres_data}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh);
  await chmod(fresh, 0o700);
  if (installation.account) await chown(fresh, installation.account.uid, installation.account.gid);
  await initialise(fresh, installation, paths.home);
  await writeHostAccess(fresh, installation.account);
  await createDatabase(fresh, installation, password, paths.home);
  // Only a whole cluster ever has the name: a crash before this line begins anew.
  await rename(fresh, paths.postgres_data);
  return password;
}

async function readPassword(paths: HomePaths): Promise<string> {
  return readFile(paths.password, 'utf8').catch((cause) => {
    const text = `the database's password is not in ${paths.password}: put it back, or "millrace reset"`;
    throw new MillraceError('EMBEDDED_START_FAILED', text, { cause });
  });
}

async function initialise(data: string, { tree, account }: Installation, home: string): Promise<void> {
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const args = ['-D', dataArgument(data, account), '-U', 'millrace', '--auth=trust', ...locale];
  await runProgram(join(tree, 'bin', 'initdb'), args, data, account, home);
}

/** One user mode needs no port and no client: it reads statements from stdin, each ended by a semicolon and a blank line. */
async function createDatabase(data: string, { tree, account }: Installation, password: string, home: string) {
  const directory = dataArgument(data, account);
  const args = ['--single', '-D', directory, '-j', '-c', 'exit_on_error=true', '-c', 'log_checkpoints=off', 'postgres'];
  const statements = [`ALTER ROLE millrace PASSWORD '${password}'`, 'CREATE DATABASE millrace'];
  const input = statements.map((statement) => `${statement};\n\n`).join('');
  await runProgram(join(tree, 'bin', 'postgres'), args, data, account, home, input);
}

async function writeHostAccess(data: string, account: Account | undefined): Promise<void> {
  const file = join(data, 'pg_hba.conf');
  await writeDurably(file, 'host all all 127.0.0.1/32 scram-sha-256\n');
  if (account) await chown(file, account.uid, account.gid);
}

async function requireSameVersion(paths: HomePaths, { tree }: Installation): Promise<void> {
  const made = (await readFile(join(paths.postgres_data, 'PG_VERSION'), 'utf8')).trim();
  const output = await new Promise<string>((resolve, reject) => {
    execFile(join(tree, 'bin', 'postgres'), ['--version'], { env: POSTGRES_ENV }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
  const bundled = /\d+/.exec(output)?.[0];
  if (made === bundled) return;
  throw new MillraceError(
    'EMBEDDED_START_FAILED',
    `the data in ${paths.postgres_data} is of PostgreSQL ${made}, the bundled one is ${bundled}: dump it with the former version, or "millrace reset"`,
  );
}

async function runProgram(
  program: string,
  args: string[],
  cwd: string,
  account: Account | undefined,
  home: string,
  input = '',
): Promise<void> {
  const identity = account ? { uid: account.uid, gid: account.gid } : {};
  const child = spawn(program, args, { cwd, env: POSTGRES_ENV, stdio: 'pipe', ...identity });
  const ended = new Promise<number | string | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  // The program may end before it has read all: its exit code tells.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code === 0) return;
  const output = `${stdout}${stderr}`.trim();
  const free = await freeBytes(home);
  if (/No space left on device/.test(output) || free < DISK_BOUNDS.floor_bytes) {
    throw diskFull(home, free, DISK_BOUNDS.start_bytes, new Error(output));
  }
  throw new MillraceError('EMBEDDED_START_FAILED', `${program} ended with ${code}:\n${output}`);
}

async function writeDurably(path: string, content: string): Promise<void> {
  await writeFile(path, content, { mode: 0o600 });
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
