import { mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { MillraceError } from '@millrace/contracts';
import lockfile from 'proper-lockfile';
import { DISK_BOUNDS, diskFull } from './disk.js';
import { type HomePaths, homePaths } from './home.js';
import { startOf } from './processes.js';

/** Who holds a state directory. */
export interface LockOwner {
  pid: number;
  /** When that process started, in the system's own terms: the pid alone may be another process by now. */
  started: string;
  host: string;
  since: string;
}

export interface Lock {
  /** Absolute, without symbolic links. */
  readonly home: string;
  /** Someone removed the lock, for instance the whole directory: stop before another one starts. */
  onLost(listener: (error: Error) => void): void;
  release(): Promise<void>;
}

const HEARTBEAT_MS = 10_000;
/** Of another host we see no processes and go by the heartbeat alone. */
const FOREIGN_STALE_MS = 60_000;
/** On this host only the end of the process counts: a laptop that sleeps has no heartbeat, but keeps its lock. */
const NEVER_MS = 10 * 365 * 86_400_000;

/**
 * Takes `home` (created where missing) for this process. A lock whose process was killed is taken over at once.
 * @throws MillraceError DIRECTORY_LOCKED naming the pid of the holder
 */
export async function lockHome(home: string): Promise<Lock> {
  await mkdir(home, { recursive: true });
  const paths = homePaths(await realpath(home));
  const listeners = new Set<(error: Error) => void>();
  const onCompromised = (error: Error) => {
    for (const listener of listeners) listener(error);
  };
  const release = await oneAtATime(paths, () => take(paths, onCompromised));
  return {
    home: paths.home,
    onLost: (listener) => {
      listeners.add(listener);
    },
    release: async () => {
      listeners.clear();
      // Lost or released already: there is nothing left to give back.
      await release().catch(() => {});
    },
  };
}

/** The process that holds `home` now; undefined when nobody does. */
export async function lockOwner(home: string): Promise<LockOwner | undefined> {
  const path = await realpath(home).catch(() => undefined);
  if (path === undefined) return undefined;
  const paths = homePaths(path);
  const owner = await readOwner(paths);
  const held = await lockfile.check(path, { lockfilePath: paths.lock, realpath: false, stale: staleAfter(owner) });
  return held && owner && !isDead(owner) ? owner : undefined;
}

async function take(paths: HomePaths, onCompromised: (error: Error) => void): Promise<() => Promise<void>> {
  const owner = await readOwner(paths);
  if (!owner || isDead(owner)) await rm(paths.lock, { recursive: true, force: true });
  let release: () => Promise<void>;
  try {
    release = await lockfile.lock(paths.home, {
      lockfilePath: paths.lock,
      realpath: false,
      stale: staleAfter(owner),
      update: HEARTBEAT_MS,
      onCompromised,
    });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ELOCKED') throw cause;
    const elsewhere = owner!.host === hostname() ? '' : ` on host ${owner!.host}`;
    throw new MillraceError(
      'DIRECTORY_LOCKED',
      `${paths.home} is in use by process ${owner!.pid}${elsewhere} since ${owner!.since}: stop it ("millrace down"), or set MILLRACE_HOME to another directory`,
      { cause },
    );
  }
  await writeOwner(paths);
  return release;
}

/** Guards the moments between the lock and the name of its holder: two takers of a stale lock must not both win. */
async function oneAtATime<T>(paths: HomePaths, work: () => Promise<T>): Promise<T> {
  const retries = { retries: 100, minTimeout: 50, maxTimeout: 100 };
  // Of another file than the lock itself: the library knows its locks by that.
  const release = await lockfile.lock(paths.owner, { realpath: false, stale: 5000, retries }).catch((cause) => {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOSPC') throw diskFull(paths.home, 0, DISK_BOUNDS.start_bytes, cause);
    if (code !== 'ELOCKED') throw cause;
    throw new MillraceError('DIRECTORY_LOCKED', `${paths.home} is being taken by another process`, { cause });
  });
  try {
    return await work();
  } finally {
    await release();
  }
}

function staleAfter(owner: LockOwner | undefined): number {
  return owner && owner.host !== hostname() ? FOREIGN_STALE_MS : NEVER_MS;
}

function isDead(owner: LockOwner): boolean {
  return owner.host === hostname() && startOf(owner.pid) !== owner.started;
}

async function readOwner(paths: HomePaths): Promise<LockOwner | undefined> {
  try {
    return JSON.parse(await readFile(paths.owner, 'utf8')) as LockOwner;
  } catch {
    return undefined;
  }
}

async function writeOwner(paths: HomePaths): Promise<void> {
  const { pid } = process;
  const owner: LockOwner = { pid, started: startOf(pid)!, host: hostname(), since: new Date().toISOString() };
  await writeFile(paths.owner, JSON.stringify(owner));
}
