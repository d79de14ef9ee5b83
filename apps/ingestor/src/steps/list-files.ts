import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, matchesGlob } from 'node:path';
import { type ErrorCode, MillraceError } from '@millrace/contracts';
import { formatOfName } from '@millrace/formats';
import { orderBy } from 'natural-orderby';
import { type FileStat, fileStatOf, isSameInode } from './file-stat.js';
import { isWithin } from './require-within.js';
import type { Compression } from './source-file.js';

export interface ListedFile {
  /** Absolute; below the directory's real path. */
  path: string;
  /** Relative to the directory, with `/`. */
  name: string;
  stat: FileStat;
  compression: Compression;
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
  /** By name; the first thousand, then one that counts the others. */
  refused: Refusal[];
  compression: WantedCompression;
  /** The regular files among the ignored, dot files too: what was followed may have been renamed to one of them. */
  others: { name: string; path: string }[];
}

const PARTIAL_WRITE = /\.(part|tmp|crdownload)$/i;
const STATS_AT_ONCE = 64;
/** They are written down and logged: a directory full of links must not fill tables and logs. */
const REFUSALS = 1000;
/** Stands for what is no UTF-8 in a name: by such a name nothing can be opened. */
const NO_UTF8 = '\ufffd';

/** How files are compressed; auto: as their names say. */
export type WantedCompression = 'auto' | 'none' | 'gzip' | 'zstd';

/**
 * Lists the files of a directory (recursively) that match the pattern, with or without `.gz` and `.zst`, or the one file that
 * `path` names. Opens nothing: a FIFO or a device would block or answer for ever. What is listed may be another thing a moment
 * later: whoever opens it looks again.
 * @throws MillraceError SOURCE_UNREADABLE when the path itself cannot be listed
 */
export async function listFiles(
  path: string,
  pattern: string,
  compression: WantedCompression = 'auto',
): Promise<Listing> {
  const { directory, file } = await rootOf(path, compression);
  const listing: Listing = { directory, files: [], ignored: 0, refused: [], others: [], compression };
  if (file) return { ...listing, files: [file] };
  const adding: (() => Promise<void>)[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await entriesOf(listing, folder)) {
      const name = folder ? `${folder}/${entry.name}` : entry.name;
      const isHidden = entry.name.startsWith('.');
      const wanted = !isHidden && isWanted(name, pattern);
      if (entry.name.includes(NO_UTF8) && !isHidden && (wanted || !entry.isFile())) {
        refuse(listing, name, 'SOURCE_REFUSED', 'its name is not UTF-8');
      } else if (entry.isDirectory() && !isHidden) folders.push(name);
      else if (entry.isSymbolicLink() && !isHidden) adding.push(() => addLink(listing, name, wanted));
      else if (!wanted || !entry.isFile()) passOver(listing, name, entry);
      else adding.push(() => addFile(listing, name));
    }
  }
  await eachAtOnce(adding, (add) => add());
  listing.files = sortNaturally(listing.files);
  listing.refused = bounded(sortNaturally(listing.refused));
  return listing;
}

/**
 * Looks among what a listing passed over for files that were renamed off the pattern; never for new ones.
 * @returns one file for each inode that is found
 */
export async function findByInode(
  listing: Listing,
  wanted: Pick<FileStat, 'device' | 'inode'>[],
): Promise<ListedFile[]> {
  if (wanted.length === 0) return [];
  const found: ListedFile[] = [];
  const inodes = new Set(wanted.map(({ inode }) => inode));
  await eachAtOnce(listing.others, async ({ name, path }) => {
    const stats = await lstat(path, { bigint: true }).catch(() => null);
    if (!stats?.isFile()) return;
    const file = fileOf(path, name, fileStatOf(stats), listing.compression);
    if (inodes.has(file.stat.inode) && wanted.some((one) => isSameInode(one, file.stat))) found.push(file);
  });
  const sorted = sortNaturally(found);
  return sorted.filter((file, index) => sorted.findIndex(({ stat }) => isSameInode(stat, file.stat)) === index);
}

function bounded(refused: Refusal[]): Refusal[] {
  if (refused.length <= REFUSALS) return refused;
  const reason = `and ${refused.length - REFUSALS} more`;
  return [...refused.slice(0, REFUSALS), { name: '…', code: 'SOURCE_REFUSED', reason }];
}

/** Whether a name is that of input: it matches the pattern as it is or uncompressed. */
function isWanted(name: string, pattern: string): boolean {
  const { plain } = formatOfName(name);
  if (PARTIAL_WRITE.test(name) || PARTIAL_WRITE.test(plain)) return false;
  return matchesGlob(name, pattern) || (plain !== name && matchesGlob(plain, pattern));
}

function fileOf(path: string, name: string, stat: FileStat, wanted: WantedCompression): ListedFile {
  const compression = wanted === 'auto' ? formatOfName(name).compression : wanted === 'none' ? null : wanted;
  return { path, name, stat, compression };
}

async function rootOf(path: string, compression: WantedCompression): Promise<{ directory: string; file?: ListedFile }> {
  try {
    const real = await realpath(path);
    const stats = await stat(real, { bigint: true });
    if (stats.isDirectory()) return { directory: real };
    if (stats.isFile()) {
      return { directory: dirname(real), file: fileOf(real, basename(real), fileStatOf(stats), compression) };
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

/** Follows links to files inside of the directory only. A linked directory inside is listed by its own name anyway. */
async function addLink(listing: Listing, name: string, wanted: boolean): Promise<void> {
  const path = join(listing.directory, name);
  let target: string;
  let stats: BigIntStats;
  try {
    target = await realpath(path);
    // A link by now is another one than was followed.
    stats = await lstat(target, { bigint: true });
  } catch (cause) {
    if (wanted) refuse(listing, name, 'SOURCE_REFUSED', `a symbolic link that leads nowhere: ${reasonOf(cause)}`);
    else listing.ignored++;
    return;
  }
  if (!isWithin(target, listing.directory) && (stats.isDirectory() || wanted)) {
    refuse(listing, name, 'SOURCE_REFUSED', `a symbolic link out of the directory: ${target}`);
  } else if (wanted && stats.isFile()) {
    listing.files.push(fileOf(path, name, fileStatOf(stats), listing.compression));
  } else {
    listing.ignored++;
  }
}

async function addFile(listing: Listing, name: string): Promise<void> {
  const path = join(listing.directory, name);
  try {
    // A link that has come into its place is for the next listing to judge.
    const stats = await lstat(path, { bigint: true });
    if (stats.isFile()) listing.files.push(fileOf(path, name, fileStatOf(stats), listing.compression));
    else listing.ignored++;
  } catch (cause) {
    // Gone since the directory was read: it was never there. Anything else must be told.
    if (codeOf(cause) !== 'ENOENT') refuse(listing, name, 'SOURCE_UNREADABLE', reasonOf(cause));
  }
}

function passOver(listing: Listing, name: string, entry: Dirent): void {
  listing.ignored++;
  if (entry.isFile()) listing.others.push({ name, path: join(listing.directory, name) });
}

function refuse(listing: Listing, name: string, code: ErrorCode, reason: string): void {
  listing.refused.push({ name, code, reason });
}

/**
 * Source numbers follow this order and decide which duplicate wins, so it must depend on nothing but the names:
 * the sort by code units first makes the directory's own order irrelevant and breaks ties.
 */
export function sortNaturally<T extends { name: string }>(files: T[]): T[] {
  const sorted = files.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return orderBy(sorted, [(file) => file.name], ['asc'], 'en');
}

/** Some at a time: thousands of stats one after the other take long, and all at once take memory. */
async function eachAtOnce<T>(items: T[], run: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const work = async () => {
    for (const item of rest) await run(item);
  };
  await Promise.all(Array.from({ length: Math.min(STATS_AT_ONCE, items.length) }, work));
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException)?.code;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
