import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';

/** What tells one file from another without reading it. Times in nanoseconds: milliseconds miss quick rewrites. */
export interface FileStat {
  /** Folded into the signed 64 bits of PostgreSQL's bigint. */
  device: bigint;
  inode: bigint;
  size_bytes: number;
  modified_ns: bigint;
  changed_ns: bigint;
  /** Of a listed file only; 0, or the time of its last change, where the file system does not know. */
  born_ns?: bigint;
}

export function fileStatOf(stats: BigIntStats): FileStat {
  return {
    device: BigInt.asIntN(64, stats.dev),
    inode: BigInt.asIntN(64, stats.ino),
    size_bytes: Number(stats.size),
    modified_ns: stats.mtimeNs,
    changed_ns: stats.ctimeNs,
    born_ns: stats.birthtimeNs,
  };
}

/** The stat of what a path leads to; null when that cannot be told. */
export async function statOf(path: string): Promise<FileStat | null> {
  return stat(path, { bigint: true }).then(fileStatOf, () => null);
}

/** A stat as the columns of `millrace.sources` give it: numbers beyond 2^53 as text. */
export interface FileStatRow {
  device: string;
  inode: string;
  size_bytes: number;
  modified_ns: string;
  changed_ns: string;
}

/** Selects the columns of a `FileStatRow`. */
export const STAT_COLUMNS = 'device::text, inode::text, size_bytes::float8, modified_ns::text, changed_ns::text';

export function fileStatFrom(row: FileStatRow): FileStat {
  return {
    device: BigInt(row.device),
    inode: BigInt(row.inode),
    size_bytes: row.size_bytes,
    modified_ns: BigInt(row.modified_ns),
    changed_ns: BigInt(row.changed_ns),
  };
}

export function isSameInode(a: Pick<FileStat, 'device' | 'inode'>, b: Pick<FileStat, 'device' | 'inode'>): boolean {
  return a.inode === b.inode && a.device === b.device;
}

export function isSameStat(a: FileStat, b: FileStat): boolean {
  return (
    isSameInode(a, b) &&
    a.size_bytes === b.size_bytes &&
    a.modified_ns === b.modified_ns &&
    a.changed_ns === b.changed_ns
  );
}

/**
 * Whether a file is for certain the one that had this inode at an earlier time: it was there already. A deleted file's
 * inode is soon given to a new one. False also where the file system does not tell when a file was born.
 */
export function isBornBefore(file: FileStat, earlier: FileStat): boolean {
  return isSameInode(file, earlier) && !!file.born_ns && file.born_ns <= earlier.changed_ns;
}
