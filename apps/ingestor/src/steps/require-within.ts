import type { BigIntStats } from 'node:fs';
import { type FileHandle, lstat, readlink, realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { MillraceError } from '@millrace/contracts';

/** Whether a path without symbolic links is the directory itself, which may be one file, or lies within. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

/**
 * Sees that an open file is the one at its path, without any symbolic link on the way, or lies within one of the directories: a
 * link within them. Asks where the open file itself lies, so that nothing can be exchanged meanwhile.
 * @throws MillraceError SOURCE_REFUSED; SOURCE_VANISHED when it was moved away at this moment; what goes wrong with the disk
 */
export async function requireWithin(
  path: string,
  handle: FileHandle,
  stats: BigIntStats,
  roots: readonly string[],
): Promise<void> {
  const place = await placeOf(path, handle, stats);
  if (place === path) return;
  for (const root of roots) {
    const real = await realpath(root).catch(() => null);
    if (real !== null && place !== null && isWithin(place, real)) return;
  }
  const now = await lstat(path).catch(() => null);
  const [code, what] = now
    ? (['SOURCE_REFUSED', `leads out of its directory by a symbolic link: ${place ?? 'somewhere'}`] as const)
    : (['SOURCE_VANISHED', 'has vanished'] as const);
  throw new MillraceError(code, `${path} ${what}`, { place: { file: path } });
}

/** Where an open file lies; a deleted one where it lay. Null where that cannot be told. */
async function placeOf(path: string, handle: FileHandle, stats: BigIntStats): Promise<string | null> {
  const place = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => null);
  if (place !== null) return stats.nlink === 0n && place === `${path} (deleted)` ? path : place;
  // No Linux: the path is asked again, and has to lead to the same file still.
  const real = await realpath(path);
  const { dev, ino } = await stat(real, { bigint: true });
  return dev === stats.dev && ino === stats.ino ? real : null;
}
