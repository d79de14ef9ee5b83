import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MillraceError } from '@millrace/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findByInode, listFiles, sortNaturally } from './list-files.js';

const PATTERN = '**/*.csv';
let top: string;
let directory: string;

const write = (name: string) => {
  mkdirSync(join(directory, name, '..'), { recursive: true });
  writeFileSync(join(directory, name), 'a,b\n');
};
const list = async () => {
  const listing = await listFiles(directory, PATTERN);
  return { ...listing, names: listing.files.map((file) => file.name) };
};

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'millrace-list-'));
  directory = join(top, 'input');
  mkdirSync(directory);
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

describe('listFiles', () => {
  it('finds files in all folders in natural order', async () => {
    for (const name of ['part_10.csv', 'part_9.csv', 'b/part_2.csv', 'b/part_11.csv', 'a/b/c/deep.csv']) write(name);
    const { names, ignored, refused } = await list();
    expect(names).toEqual(['a/b/c/deep.csv', 'b/part_2.csv', 'b/part_11.csv', 'part_9.csv', 'part_10.csv']);
    expect({ ignored, refused }).toEqual({ ignored: 0, refused: [] });
  });

  it('ignores partial writes, dot names and names off the pattern', async () => {
    const passed = ['x.csv.part', 'x.tmp', 'x.csv.crdownload', 'X.PART', '.x.csv', '.hidden/x.csv', 'notes.txt', 'csv'];
    for (const name of [...passed, 'x.csv']) write(name);
    const { names, ignored } = await list();
    expect(names).toEqual(['x.csv']);
    expect(ignored).toBe(passed.length);
  });

  it('takes zstd likewise, and compression as it is told where names do not tell', async () => {
    for (const name of ['a.csv', 'b.csv.zst', 'c.csv.gz']) write(name);
    const compressions = async (wanted?: 'auto' | 'none' | 'gzip' | 'zstd', pattern = PATTERN) =>
      (await listFiles(directory, pattern, wanted)).files.map(({ compression }) => compression);
    expect(await compressions()).toEqual([null, 'zstd', 'gzip']);
    expect(await compressions('zstd', '*.csv')).toEqual(['zstd', 'zstd', 'zstd']);
    expect(await compressions('none', '*.gz')).toEqual([null]);
    const [named] = (await listFiles(join(directory, 'a.csv'), PATTERN, 'gzip')).files;
    expect(named.compression).toBe('gzip');
  });

  it('takes compressed files whose name matches without .gz, or as it is', async () => {
    for (const name of ['a.csv', 'b.csv.gz', 'c.CSV.GZ', 'd.gz', 'e.csv.part.gz', 'f.csv.gz.part']) write(name);
    const { names, files, ignored } = await list();
    expect(names).toEqual(['a.csv', 'b.csv.gz']);
    expect(files.map(({ compression }) => compression)).toEqual([null, 'gzip']);
    expect(ignored).toBe(4);
    const [named] = (await listFiles(directory, '*.gz')).files;
    expect(named).toMatchObject({ name: 'b.csv.gz', compression: 'gzip' });
    expect((await listFiles(join(directory, 'b.csv.gz'), PATTERN)).files[0].compression).toBe('gzip');
  });

  it('gives thousands of files in order, and refusals too', async () => {
    for (let number = 3000; number > 0; number--) write(`part_${number}.csv`);
    for (let number = 100; number > 0; number--) symlinkSync('missing', join(directory, `link_${number}.csv`));
    const { names, refused } = await list();
    expect(names).toEqual(Array.from({ length: 3000 }, (_, index) => `part_${index + 1}.csv`));
    expect(refused.map(({ name }) => name)).toEqual(Array.from({ length: 100 }, (_, index) => `link_${index + 1}.csv`));
  });

  it('never opens what is no regular file', async () => {
    execFileSync('mkfifo', [join(directory, 'pipe.csv')]);
    symlinkSync(join(directory, 'pipe.csv'), join(directory, 'link.csv'));
    mkdirSync(join(directory, 'folder.csv'));
    const { names, ignored, refused } = await list();
    expect({ names, ignored, refused }).toEqual({ names: [], ignored: 2, refused: [] });
  });

  it('follows links to files inside and refuses links that lead out or nowhere', async () => {
    write('folder/real.csv');
    writeFileSync(join(top, 'outside.csv'), 'a,b\n');
    writeFileSync(join(top, 'input-too.csv'), 'a,b\n');
    mkdirSync(join(top, 'elsewhere'));
    symlinkSync('folder/real.csv', join(directory, 'inside.csv'));
    symlinkSync('../outside.csv', join(directory, 'out.csv'));
    symlinkSync('../input-too.csv', join(directory, 'sibling.csv'));
    symlinkSync('../elsewhere', join(directory, 'folder-out'));
    symlinkSync('missing.csv', join(directory, 'broken.csv'));
    symlinkSync('folder', join(directory, 'folder-inside'));
    symlinkSync('../outside.csv', join(directory, 'unwanted.txt'));
    const { names, ignored, refused } = await list();
    expect(names).toEqual(['folder/real.csv', 'inside.csv']);
    expect(refused.map(({ name, code }) => `${name} ${code}`).sort()).toEqual([
      'broken.csv SOURCE_REFUSED',
      'folder-out SOURCE_REFUSED',
      'out.csv SOURCE_REFUSED',
      'sibling.csv SOURCE_REFUSED',
    ]);
    expect(ignored).toBe(2);
  });

  it('takes a single file, and gives a file the same path however its directory was reached', async () => {
    write('one.csv');
    symlinkSync(directory, join(top, 'alias'));
    const [direct] = (await listFiles(join(directory, 'one.csv'), PATTERN)).files;
    const [aliased] = (await listFiles(join(top, 'alias'), PATTERN)).files;
    expect(direct).toEqual(aliased);
    expect(direct.name).toBe('one.csv');
  });

  it.each(['missing', 'pipe'])('fails with a clear error when the path is %s', async (name) => {
    execFileSync('mkfifo', [join(top, 'pipe')]);
    const error = await listFiles(join(top, name), PATTERN).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(MillraceError);
    expect(error.code).toBe('SOURCE_UNREADABLE');
    expect(error.message).toContain(join(top, name));
  });
});

describe('findByInode', () => {
  const rotate = (name: string, to: string) => renameSync(join(directory, name), join(directory, to));

  it('finds what was renamed off the pattern, by whatever name, and nothing else', async () => {
    for (const name of ['a.csv', 'b.csv', 'c/c.csv', 'stays.csv', 'notes.txt', '.hidden.csv']) write(name);
    const before = (await list()).files.map(({ stat }) => stat);
    rotate('a.csv', 'a.csv.1');
    rotate('b.csv', '.b.csv.old');
    rotate('c/c.csv', 'c/c.csv.tmp');
    const listing = await listFiles(directory, PATTERN);
    expect(listing.files.map(({ name }) => name)).toEqual(['stays.csv']);
    const found = await findByInode(listing, before);
    expect(found.map(({ name }) => name).sort()).toEqual(['.b.csv.old', 'a.csv.1', 'c/c.csv.tmp']);
    for (const { path, name } of found) expect(path).toBe(join(directory, name));
    expect(await findByInode(listing, [])).toEqual([]);
  });

  it('gives one name of a file that has several, and takes no link for the file', async () => {
    write('a.csv');
    const [{ stat }] = (await list()).files;
    rotate('a.csv', 'a.2');
    linkSync(join(directory, 'a.2'), join(directory, 'a.10'));
    symlinkSync('a.2', join(directory, 'a.1'));
    const found = await findByInode(await listFiles(directory, PATTERN), [stat]);
    expect(found.map(({ name }) => name)).toEqual(['a.2']);
  });

  it('minds the device', async () => {
    write('a.txt');
    const { others, ...listing } = await listFiles(directory, '*.txt');
    const [{ name, path, stat }] = listing.files;
    const elsewhere = { ...stat, device: stat.device + 1n };
    expect(await findByInode({ ...listing, others: [...others, { name, path }] }, [elsewhere])).toEqual([]);
  });
});

describe('sortNaturally', () => {
  it('gives one order whatever order the names come in', () => {
    const names = [
      'a1.csv',
      'a01.csv',
      'A1.csv',
      'a10.csv',
      'a2.csv',
      'ä.csv',
      '1.5.csv',
      '1.10.csv',
      '2024-01-02.csv',
    ];
    const sort = (order: string[]) => sortNaturally(order.map((name) => ({ name }))).map(({ name }) => name);
    const sorted = sort(names);
    expect(sort(names.toReversed())).toEqual(sorted);
    expect(sort(names.toSorted())).toEqual(sorted);
    expect(sorted.indexOf('a2.csv')).toBeLessThan(sorted.indexOf('a10.csv'));
  });
});
