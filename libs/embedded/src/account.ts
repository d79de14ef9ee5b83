import { spawnSync } from 'node:child_process';
import { MillraceError } from '@millrace/contracts';

/** The user that PostgreSQL runs as. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

// No account is made for it: these exist on nearly every system, and one that belongs to PostgreSQL guards the data better.
const CANDIDATES = ['postgres', 'nobody'];

/**
 * PostgreSQL refuses to run as root: then it runs as another user. Undefined where we are not root.
 * @throws MillraceError DEPENDENCY_MISSING
 */
export function postgresAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of CANDIDATES) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid && gid) return { name, uid, gid };
  }
  const names = CANDIDATES.join(' nor ');
  throw new MillraceError(
    'DEPENDENCY_MISSING',
    `PostgreSQL does not run as root, and there is no user ${names}: create one, or run Millrace as another user`,
  );
}

/** Whether the account (or we, without one) may read `paths` and, of directories and programs, enter or run them. */
export function mayUse(account: Account | undefined, paths: string[]): boolean {
  const script = 'for path do test -r "$path" && test -x "$path" || exit 1; done';
  const identity = account ? { uid: account.uid, gid: account.gid } : {};
  return spawnSync('/bin/sh', ['-c', script, 'sh', ...paths], { cwd: '/', stdio: 'ignore', ...identity }).status === 0;
}

function idOf(flag: '-u' | '-g', name: string): number | undefined {
  const { status, stdout } = spawnSync('id', [flag, name], { encoding: 'utf8' });
  return status === 0 ? Number(stdout.trim()) : undefined;
}
