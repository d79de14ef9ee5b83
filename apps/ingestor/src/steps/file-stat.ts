import type { BigIntStats } from 'node:fs';

/** What tells one file from another without reading it. Times in nanoseconds: milliseconds miss quick rewrites. */
export interface FileStat {
  /** Folded into the signed 64 bits of PostgreSQL's bigint. */
  device: bigint;
  inode: bigint;
  size_bytes: number;
  modified_ns: bigint;
  changed_ns: bigint;
}

export function fileStatOf(stats: BigIntStats): FileStat {
  return {
    device: BigInt.asIntN(64, stats.dev),
    inode: BigInt.asIntN(64, stats.ino),
    size_bytes: Number(stats.size),
    modified_ns: stats.mtimeNs,
    changed_ns: stats.ctimeNs,
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
