import { describe, expect, it } from 'vitest';
import type { FileStat } from '../steps/file-stat.js';
import type { Identity } from '../steps/identify-file.js';
import type { WatchedSource } from '../steps/known-sources.js';
import type { ListedFile } from '../steps/list-files.js';
import type { Registered } from '../steps/register-sources.js';
import { strayed, WatchedFiles } from './watched-files.js';

const statOf = (inode: number, size_bytes: number): FileStat => ({
  device: 1n,
  inode: BigInt(inode),
  size_bytes,
  modified_ns: BigInt(size_bytes),
  changed_ns: BigInt(size_bytes),
});
const file = (name: string, inode: number, size_bytes: number): ListedFile => ({
  path: `/in/${name}`,
  name,
  stat: statOf(inode, size_bytes),
  compression: null,
});
const first = (file: ListedFile, source: number): Registered => ({
  file,
  source,
  known: undefined,
  identity: { kind: 'new', because: 'first_seen' },
});
const sourceOf = (id: number, { path, stat, compression }: ListedFile): WatchedSource => ({
  id,
  path,
  stat,
  compression,
  is_direct: compression === null,
  sealed_bytes: stat.size_bytes,
  sealed: false,
  state: 'live',
  has_chunks: true,
  watch: 1,
  read_bytes: stat.size_bytes,
});
const again = (
  file: ListedFile,
  known: WatchedSource,
  kind: 'known' | 'same' | 'appended' | 'renamed',
): Registered => ({
  file,
  source: known.id,
  known,
  identity: { kind, source: known } as Identity,
});

/** A memory after one listing of these files, sources 1, 2, ... */
function after(...files: ListedFile[]): WatchedFiles {
  const memory = new WatchedFiles([], 0);
  memory.note(
    files,
    files.map((listed, index) => first(listed, index + 1)),
    0,
  );
  return memory;
}

const a = file('a.csv', 1, 10);
const b = file('b.csv', 2, 10);

describe('WatchedFiles', () => {
  it('finds nothing to do where nothing changed', () => {
    expect(after(a, b).changed([a, b])).toEqual([]);
  });

  it('finds new files and those whose stat changed', () => {
    const grown = file('a.csv', 1, 20);
    const other = file('c.csv', 3, 1);
    expect(after(a, b).changed([grown, b, other])).toEqual([grown, other]);
  });

  it('looks again at a file that could not be told', () => {
    const memory = after(a);
    const grown = file('a.csv', 1, 20);
    memory.note([grown], [], 0);
    expect(memory.changed([grown])).toEqual([grown]);
  });

  it('finds files quiet only once their stat stayed for so long', () => {
    const memory = after(a, b);
    const grown = file('a.csv', 1, 20);
    memory.note([grown], [again(grown, sourceOf(1, a), 'appended')], 600);
    expect(memory.quiet(1000, 1000).map(({ source }) => source)).toEqual([2]);
    expect(memory.quiet(1599, 1000).map(({ source }) => source)).toEqual([2]);
    expect(memory.quiet(1600, 1000).map(({ source }) => source)).toEqual([1, 2]);
  });

  it('misses a file that is gone, and one whose path is another source now; neither is ever quiet', () => {
    const memory = after(a, b);
    const fresh = file('b.csv', 9, 5);
    memory.note([fresh], [first(fresh, 3)], 0);
    memory.keep([fresh]);
    expect(memory.missing().map(({ source }) => source)).toEqual([1, 2]);
    expect(memory.quiet(10_000, 1000).map(({ source }) => source)).toEqual([3]);
  });

  it('follows a file to its new name', () => {
    const memory = after(a);
    const moved = file('z.csv', 1, 10);
    expect(memory.changed([moved])).toEqual([moved]);
    memory.note([moved], [again(moved, sourceOf(1, a), 'renamed')], 0);
    memory.keep([moved]);
    expect(memory.missing()).toEqual([]);
    expect(memory.all()).toMatchObject([{ source: 1, path: '/in/z.csv' }]);
  });

  it('does not follow what is sealed and read, until it grows', () => {
    const memory = new WatchedFiles([], 0);
    const done = { ...sourceOf(1, a), sealed: true, state: 'cut' as const };
    memory.note([a], [again(a, done, 'known')], 0);
    expect(memory.all()).toEqual([]);
    expect(memory.changed([a])).toEqual([]);
    const grown = file('a.csv', 1, 20);
    memory.note([grown], [again(grown, done, 'appended')], 0);
    expect(memory.all()).toMatchObject([{ source: 1, sealed: false }]);
  });

  it('follows what an earlier owner left open, wherever it is', () => {
    const memory = new WatchedFiles([sourceOf(1, a)], 0);
    expect(memory.changed([a])).toEqual([a]);
    expect(memory.missing()).toMatchObject([{ source: 1 }]);
    memory.note([a], [again(a, sourceOf(1, a), 'known')], 0);
    expect(memory.missing()).toEqual([]);
  });
});

describe('strayed', () => {
  it('finds followed files whose path is gone or leads to another inode', () => {
    const memory = after(a, b, file('c.csv', 3, 1));
    const listed = [file('a.csv', 1, 30), file('b.csv', 9, 1)];
    expect(strayed(memory.all(), listed).map(({ path }) => path)).toEqual(['/in/b.csv', '/in/c.csv']);
  });
});
