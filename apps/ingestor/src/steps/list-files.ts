import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, matchesGlob, sep } from 'node:path';
import { type ErrorCode, MillraceError } from '@millrace/contracts';
import { compare } from 'natural-orderby';
import { type FileStat, fileStatOf } from './file-stat.js';

export interface ListedFile {
  /** Absolute; below the directory's real path. */
  path: string;
  /** Relative to the directory, with `/`. */
  name: string;
  stat: FileStat;
}

/** An entry that looks like input but must not be read. */
export interface Refusal {
  name: string;
  code: ErrorCode;
  reason: string;
}

export interface Listing {
  directory: string;
  /** Naturally sorted by name. */
  files: ListedFile[];
  /** Entries passed over: partial writes, dot names, names off the pattern, what is no regular file. */
  ignored: number;
  refused: Refusal[];
}

const PARTIAL_WRITE = /\.(part|tmp|crdownload)$/i;

/**
 * Lists the files of a directory (recursively) that match the pattern, or the one file that `path` names.
 * Opens nothing: a FIFO or a device would block or answer for ever.
 * @throws MillraceError SOURCE_UNREADABLE when the path itself cannot be listed
 */
export async function listFiles(path: string, pattern: string): Promise<Listing> {
  const root = await rootOf(path);
  if (root.file) return { directory: root.directory, files: [root.file], ignored: 0, refused: [] };
  const listing: Listing = { directory: root.directory, files: [], ignored: 0, refused: [] };
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await entriesOf(listing, folder)) {
      const name = folder ? `${folder}/${entry.name}` : entry.name;
      if (entry.name.startsWith('.')) listing.ignored++;
      else if (entry.isDirectory()) folders.push(name);
      else await addEntry(listing, name, entry, pattern);
    }
  }
  listing.files = sortNaturally(listing.files);
  return listing;
}

async function rootOf(path: string): Promise<{ directory: string; file?: ListedFile }> {
  try {
    const real = await realpath(path);
    const stats = await stat(real, { bigint: true });
    if (stats.isDirectory()) return { directory: real };
    if (stats.isFile()) {
      return { directory: dirname(real), file: { path: real, name: basename(real), stat: fileStatOf(stats) } };
    }
  } catch (cause) {
    throw new MillraceError('SOURCE_UNREADABLE', `cannot list ${path}: ${reasonOf(cause)}`, {
      place: { file: path },
      cause,
    });
  }
  throw new MillraceError('SOURCE_UNREADABLE', `${path} is neither a directory nor a regular file`, {
    place: { file: path },
  });
}

async function entriesOf(listing: Listing, folder: string): Promise<Dirent[]> {
  try {
    return await readdir(join(listing.directory, folder), { withFileTypes: true });
  } catch (cause) {
    if (folder === '') {
      const message = `cannot list ${listing.directory}: ${reasonOf(cause)}`;
      throw new MillraceError('SOURCE_UNREADABLE', message, { place: { file: listing.directory }, cause });
    }
    // A subdirectory that is gone holds nothing; one that may not be read may hold input, which must be told.
    if (codeOf(cause) !== 'ENOENT') refuse(listing, folder, 'SOURCE_UNREADABLE', reasonOf(cause));
    return [];
  }
}

async function addEntry(listing: Listing, name: string, entry: Dirent, pattern: string): Promise<void> {
  const wanted = !PARTIAL_WRITE.test(name) && matchesGlob(name, pattern);
  if (entry.isSymbolicLink()) return addLink(listing, name, wanted);
  if (!wanted || !entry.isFile()) listing.ignored++;
  else if (name.includes('\ufffd')) refuse(listing, name, 'SOURCE_REFUSED', 'its name is not UTF-8');
  else await addFile(listing, name);
}

/** Follows links to files inside of the directory only. A linked directory inside is listed by its own name anyway. */
async function addLink(listing: Listing, name: string, wanted: boolean): Promise<void> {
  let target: string;
  let isDirectory: boolean;
  let isFile: boolean;
  try {
    target = await realpath(join(listing.directory, name));
    const stats = await stat(target);
    isDirectory = stats.isDirectory();
    isFile = stats.isFile();
  } catch (cause) {
    if (wanted) refuse(listing, name, 'SOURCE_REFUSED', `a symbolic link that leads nowhere: ${reasonOf(cause)}`);
    else listing.ignored++;
    return;
  }
  const isInside = target.startsWith(listing.directory.endsWith(sep) ? listing.directory : listing.directory + sep);
  if (!isInside && (isDirectory || (wanted && isFile))) {
    refuse(listing, name, 'SOURCE_REFUSED', `a symbolic link out of the directory: ${target}`);
  } else if (wanted && isFile) {
    await addFile(listing, name);
  } else {
    listing.ignored++;
  }
}

async function addFile(listing: Listing, name: string): Promise<void> {
  const path = join(listing.directory, name);
  try {
    const stats = await stat(path, { bigint: true });
    if (stats.isFile()) listing.files.push({ path, name, stat: fileStatOf(stats) });
    else listing.ignored++;
  } catch (cause) {
    // Gone since the directory was read: it was never there. Anything else must be told.
    if (codeOf(cause) !== 'ENOENT') refuse(listing, name, 'SOURCE_UNREADABLE', reasonOf(cause));
  }
}

function refuse(listing: Listing, name: string, code: ErrorCode, reason: string): void {
  listing.refused.push({ name, code, reason });
}

/**
 * Source numbers follow this order and decide which duplicate wins, so it must depend on nothing but the names:
 * the sort by code units first makes the directory's own order irrelevant and breaks ties.
 */
export function sortNaturally<T extends { name: string }>(files: T[]): T[] {
  const natural = compare({ locale: 'en' });
  return files
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .sort((a, b) => natural(a.name, b.name));
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException)?.code;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
