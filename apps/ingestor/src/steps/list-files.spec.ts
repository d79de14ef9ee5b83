import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
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

  it('refuses links to what is no file outside of the directory, and passes over sockets', async () => {
    symlinkSync('/dev/zero', join(directory, 'device.csv'));
    execFileSync('mkfifo', [join(top, 'pipe')]);
    symlinkSync('../pipe', join(directory, 'pipe.csv'));
    symlinkSync('loop.csv', join(directory, 'loop.csv'));
    const server = createServer().listen(join(directory, 'socket.csv'));
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      const { names, ignored, refused } = await list();
      expect(names).toEqual([]);
      expect(ignored).toBe(1);
      expect(refused).toEqual([
        { name: 'device.csv', code: 'SOURCE_REFUSED', reason: 'a symbolic link out of the directory: /dev/zero' },
        { name: 'loop.csv', code: 'SOURCE_REFUSED', reason: expect.stringContaining('leads nowhere: ELOOP') },
        { name: 'pipe.csv', code: 'SOURCE_REFUSED', reason: expect.stringContaining('out of the directory') },
      ]);
    } finally {
      server.close();
    }
  });

  it('takes names of any characters and any length, and refuses those that are no UTF-8, folders too', async () => {
    const long = `${'l'.repeat(251)}.csv`;
    const odd = ['line\nbreak.csv', 'quote\'"; --.csv', ' \t.csv', '\u001b[31mred.csv', 'ü日本😀.csv', long];
    for (const name of odd) write(name);
    const raw = (name: string) => Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(name, 'latin1')]);
    writeFileSync(raw('bad\xff.csv'), 'a,b\n');
    writeFileSync(raw('bad\xff.txt'), 'off the pattern');
    mkdirSync(raw('folder\xfe'));
    symlinkSync('line\nbreak.csv', raw('link\xfd.csv'));
    const { names, refused, ignored } = await list();
    expect(names.toSorted()).toEqual(odd.toSorted());
    expect(refused.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
      'bad\ufffd.csv: its name is not UTF-8',
      'folder\ufffd: its name is not UTF-8',
      'link\ufffd.csv: its name is not UTF-8',
    ]);
    expect(ignored).toBe(1);
  });

  it('goes as deep as names can be, and tells where it goes no further', async () => {
    // A path longer than the system takes can only be made step by step.
    const steps = `i=0; while [ $i -lt 30 ]; do mkdir ${'d'.repeat(200)} && cd ${'d'.repeat(200)} || break; echo a > f.csv; i=$((i+1)); done 2>/dev/null`;
    execFileSync('sh', ['-c', steps], { cwd: directory });
    const { names, refused } = await list();
    expect(names.length).toBeGreaterThan(10);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({ code: 'SOURCE_UNREADABLE', reason: expect.stringContaining('ENAMETOOLONG') });
  });

  it('tells of a thousand refusals, and how many more there are', async () => {
    for (let number = 0; number < 1200; number++) symlinkSync('/dev/null', join(directory, `${number}.csv`));
    const { refused } = await list();
    expect(refused).toHaveLength(1001);
    expect(refused.at(-1)).toEqual({ name: '…', code: 'SOURCE_REFUSED', reason: 'and 200 more' });
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
