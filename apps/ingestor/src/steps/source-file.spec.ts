import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CutStep, cutSource } from './cut-source.js';
import { fileStatOf } from './file-stat.js';
import { SourceFile } from './source-file.js';

let top: string;
let root: string;
const at = (name: string) => join(root, name);

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-source-')));
  root = join(top, 'input');
  mkdirSync(join(root, 'folder'), { recursive: true });
  mkdirSync(join(top, 'outside'));
  for (const path of [at('a.csv'), at('folder/b.csv')]) writeFileSync(path, 'id\ninside\n');
  for (const name of ['a.csv', 'b.csv']) writeFileSync(join(top, 'outside', name), 'id\nsecret\n');
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

async function textOf(path: string, roots: string[] | null = [root]): Promise<string> {
  const file = await SourceFile.open(path, null, Infinity, null, roots);
  try {
    return (await file.readRange(0, await file.contentSize())).toString();
  } finally {
    await file.close();
  }
}

const codeOf = (path: string, roots?: string[] | null) =>
  textOf(path, roots).then(
    (text) => text,
    ({ code }) => code,
  );

describe('a source that is opened', () => {
  it('is what lies at its path, or behind a link within its directory', async () => {
    symlinkSync('folder/b.csv', at('link.csv'));
    symlinkSync(root, join(top, 'alias'));
    for (const name of ['a.csv', 'folder/b.csv', 'link.csv']) {
      expect(await textOf(at(name))).toContain('inside');
      expect(await textOf(at(name), [join(top, 'alias')])).toContain('inside');
    }
    expect(await textOf(at('a.csv'), [at('a.csv')])).toContain('inside');
  });

  it('is refused when a link out of the directory has taken its place, or that of a folder above it', async () => {
    rmSync(at('a.csv'));
    symlinkSync('../outside/a.csv', at('a.csv'));
    expect(await codeOf(at('a.csv'))).toBe('SOURCE_REFUSED');
    renameSync(at('folder'), at('other'));
    symlinkSync('../outside', at('folder'));
    expect(await codeOf(at('folder/b.csv'))).toBe('SOURCE_REFUSED');
    // The name of another directory may begin like that of this one.
    renameSync(join(top, 'outside'), join(top, 'input-too'));
    rmSync(at('a.csv'));
    symlinkSync('../input-too/a.csv', at('a.csv'));
    await expect(textOf(at('a.csv'))).rejects.toThrow(/leads out of its directory by a symbolic link: .*input-too/);
  });

  it('is still itself when the link by which its directory was reached leads to another one by now', async () => {
    symlinkSync(join(top, 'outside'), join(top, 'current'));
    expect(await textOf(at('a.csv'), [join(top, 'current')])).toContain('inside');
    expect(await textOf(at('a.csv'), [join(top, 'gone')])).toContain('inside');
  });

  it('is never a FIFO, a socket, a device or a directory, and none of them holds it up', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    symlinkSync('/dev/zero', at('device'));
    const server = createServer().listen(at('socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      for (const name of ['pipe', 'socket', 'device', 'folder']) {
        for (const roots of [[root], null]) expect(await codeOf(at(name), roots)).toBe('SOURCE_CHANGED');
      }
    } finally {
      server.close();
    }
  });

  it('is told of when it is gone or cannot be reached', async () => {
    symlinkSync('loop.csv', at('loop.csv'));
    expect(await codeOf(at('missing.csv'))).toBe('SOURCE_VANISHED');
    expect(await codeOf(at('a.csv/b.csv'))).toBe('SOURCE_VANISHED');
    expect(await codeOf(at('loop.csv'))).toBe('SOURCE_UNREADABLE');
  });
});

describe('a source that is cut', () => {
  it('gives nothing of a file outside, not even of one that was there when the directory was listed', async () => {
    renameSync(at('folder'), at('other'));
    symlinkSync('../outside', at('folder'));
    const path = at('folder/b.csv');
    // As if the link had stood there for the moment of the listing as well.
    const stat = fileStatOf(statSync(path, { bigint: true }));
    const source = { id: 1, path, stat, sealed_bytes: stat.size_bytes, sealed: true, compression: null, context: null };
    const begun = { ...source, header: null, header_end: null, last: null, tail: null, roots: [root] };
    const steps: CutStep[] = [];
    for await (const step of cutSource(begun, 'plan')) steps.push(step);
    expect(steps.map(({ kind }) => kind)).toEqual(['begin', 'end']);
    expect(steps[1]).toMatchObject({ state: 'failed', error: { code: 'SOURCE_REFUSED' } });
  });
});
