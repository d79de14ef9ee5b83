import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { MillraceError } from '@millrace/contracts';
import { formatOfName } from '@millrace/formats';

/** Made where there is something to compare. */
let natural: Intl.Collator | undefined;

export interface FoundFiles {
  directory: string;
  /** Relative to the directory, in natural order. */
  files: string[];
  /** Not of a known ending. */
  passed_over: string[];
}

/** The data files at a path: itself, or all below it whose ending names a format. Hidden ones are left out. @throws MillraceError SOURCE_UNREADABLE */
export function findFiles(path: string): FoundFiles {
  const absolute = resolve(path);
  const stats = statSync(absolute, { throwIfNoEntry: false });
  if (stats?.isFile()) return { directory: dirname(absolute), files: [basename(absolute)], passed_over: [] };
  if (!stats?.isDirectory()) {
    throw new MillraceError('SOURCE_UNREADABLE', 'neither a file nor a directory', { place: { file: absolute } });
  }
  const names = readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(absolute, join(entry.parentPath, entry.name)))
    .filter((name) => !name.split(/[\\/]/).some((part) => part.startsWith('.')));
  const isData = (name: string) => formatOfName(name).format !== null;
  return {
    directory: absolute,
    files: names.filter(isData).sort(compareNaturally),
    passed_over: names.filter((name) => !isData(name)).sort(),
  };
}

function compareNaturally(a: string, b: string): number {
  natural ??= new Intl.Collator('en', { numeric: true });
  return natural.compare(a, b);
}
