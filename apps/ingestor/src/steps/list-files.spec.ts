import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MillraceError } from '@millrace/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listFiles, sortNaturally } from './list-files.js';

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
