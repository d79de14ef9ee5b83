import { hash } from 'node:crypto';
import {
  appendFileSync,
  linkSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileStatOf } from './file-stat.js';
import { type ContentPart, type Identity, identifyFile, type KnownSource } from './identify-file.js';
import type { ListedFile } from './list-files.js';
import type { RecordedContent } from './verify-content.js';

const HEADER = 'id,name\n';
const ROWS = ['1,one\n', '2,two\n', '3,three\n'];
const CONTENT = HEADER + ROWS.join('');

let directory: string;
let at: (name: string) => string;
/** The source `a.csv` was registered as, cut into one chunk a row. */
let source: KnownSource;

const statOf = (path: string) => fileStatOf(statSync(path, { bigint: true }));

function recorded(): RecordedContent {
  let byte_start = HEADER.length;
  const chunks = ROWS.map((row) => {
    const chunk = { byte_start, byte_end: byte_start + row.length, content_hash: hash('sha256', row, 'buffer') };
    byte_start = chunk.byte_end;
    return chunk;
  });
  return { header: Buffer.from(HEADER), header_end: HEADER.length, chunks };
}

const listed = (name: string): ListedFile => ({
  path: at(name),
  name,
  stat: statOf(at(name)),
  compression: null,
});

function identify(name: string, candidates: KnownSource[] = [source], content = recorded()): Promise<Identity> {
  return identifyFile(listed(name), candidates, async () => content);
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-identity-'));
  at = (name) => join(directory, name);
  writeFileSync(at('a.csv'), CONTENT);
  const stat = statOf(at('a.csv'));
  const sealed_bytes = CONTENT.length;
  source = {
    id: 1,
    path: at('a.csv'),
    stat,
    sealed_bytes,
    sealed: true,
    compression: null,
    state: 'cut',
    has_chunks: true,
  };
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Puts the content into another inode under the same name. */
function rewrite(name: string, content: string): void {
  writeFileSync(at('fresh'), content);
  renameSync(at('fresh'), at(name));
}

describe('identifyFile', () => {
  const transitions: [string, () => void, string, Partial<Identity>][] = [
    ['untouched', () => {}, 'a.csv', { kind: 'known' }],
    ['touched', () => utimesSync(at('a.csv'), 1, 1), 'a.csv', { kind: 'same' }],
    ['written again with the same bytes', () => rewrite('a.csv', CONTENT), 'a.csv', { kind: 'same' }],
    ['appended in place', () => appendFileSync(at('a.csv'), '4,four\n'), 'a.csv', { kind: 'appended' }],
    ['appended by a new file', () => rewrite('a.csv', `${CONTENT}4,four\n`), 'a.csv', { kind: 'appended' }],
    [
      'replaced by as many bytes',
      () => rewrite('a.csv', CONTENT.replace('two', 'TWO')),
      'a.csv',
      { because: 'replaced' },
    ],
    [
      'replaced by more bytes',
      () => rewrite('a.csv', `${CONTENT.replace('one', 'ONE')}4\n`),
      'a.csv',
      { because: 'replaced' },
    ],
    ['given another header', () => rewrite('a.csv', CONTENT.replace('name', 'NAME')), 'a.csv', { because: 'replaced' }],
    ['truncated', () => truncateSync(at('a.csv'), CONTENT.length - 3), 'a.csv', { because: 'truncated' }],
    ['emptied', () => truncateSync(at('a.csv'), 0), 'a.csv', { because: 'truncated' }],
    ['renamed', () => renameSync(at('a.csv'), at('b.csv')), 'b.csv', { kind: 'renamed' }],
    ['copied', () => writeFileSync(at('b.csv'), CONTENT), 'b.csv', { because: 'first_seen' }],
    ['linked', () => linkSync(at('a.csv'), at('b.csv')), 'b.csv', { because: 'first_seen' }],
  ];

  it.each(transitions)('tells a file that was %s', async (_name, change, name, expected) => {
    change();
    expect(await identify(name)).toMatchObject(expected);
  });

  it('tells a file that was renamed and appended to', async () => {
    renameSync(at('a.csv'), at('b.csv'));
    appendFileSync(at('b.csv'), '4,four\n');
    expect(await identify('b.csv')).toEqual({ kind: 'renamed', source });
  });

  it('tells a rotated file from the one that took its name', async () => {
    renameSync(at('a.csv'), at('a.1.csv'));
    writeFileSync(at('a.csv'), `${HEADER}9,nine\n`);
    expect(await identify('a.1.csv')).toEqual({ kind: 'renamed', source });
    expect(await identify('a.csv', [])).toEqual({ kind: 'new', because: 'first_seen' });
  });

  it('takes an inode that was used again for a new file', async () => {
    renameSync(at('a.csv'), at('b.csv'));
    writeFileSync(at('b.csv'), CONTENT.toUpperCase());
    expect(await identify('b.csv')).toEqual({ kind: 'new', because: 'first_seen' });
  });

  it('finds an older source again when its content comes back', async () => {
    rewrite('a.csv', CONTENT);
    const replaced = { ...source, id: 2, sealed_bytes: CONTENT.length + 1 };
    expect(await identify('a.csv', [replaced, source])).toEqual({ kind: 'same', source });
  });

  it.each(['changed', 'vanished', 'failed'] as const)('looks again at a source that was %s', async (state) => {
    expect(await identify('a.csv', [{ ...source, state }])).toMatchObject({ kind: 'same' });
    rewrite('a.csv', CONTENT.replace('two', 'TWO'));
    expect(await identify('a.csv', [{ ...source, state }])).toMatchObject({ because: 'replaced' });
  });

  it('lets a source of which nothing was recorded be whatever its path holds', async () => {
    rewrite('a.csv', 'x');
    expect(await identify('a.csv', [{ ...source, has_chunks: false }])).toMatchObject({ kind: 'restarted' });
  });

  it('cannot compare a file that is gone: it stays the source of its path', async () => {
    utimesSync(at('a.csv'), 1, 1);
    const file = listed('a.csv');
    unlinkSync(at('a.csv'));
    expect(await identifyFile(file, [source], async () => recorded())).toEqual({ kind: 'unread', source });
  });
});

describe('identifyFile in a directory that is listed again and again', () => {
  const MORE = '4,four\n';
  /** What of the recorded content was asked for. */
  let parts: ContentPart[];

  beforeEach(() => {
    parts = [];
    source = { ...source, sealed: false, state: 'live' };
  });

  function watch(name: string, candidates: KnownSource[] = [source]): Promise<Identity> {
    const contentOf = async (_source: KnownSource, part: ContentPart) => {
      parts.push(part);
      return recorded();
    };
    return identifyFile(listed(name), candidates, contentOf, { live: true });
  }

  it('knows a live source by its stat', async () => {
    expect(await watch('a.csv')).toMatchObject({ kind: 'known' });
  });

  it.each<[string, () => void, string, string, ContentPart]>([
    ['written on', () => appendFileSync(at('a.csv'), MORE), 'a.csv', 'appended', 'end'],
    ['touched', () => utimesSync(at('a.csv'), 1, 1), 'a.csv', 'same', 'end'],
    ['renamed', () => renameSync(at('a.csv'), at('b.csv')), 'b.csv', 'renamed', 'end'],
    ['put there anew with more', () => rewrite('a.csv', CONTENT + MORE), 'a.csv', 'appended', 'whole'],
  ])('compares of a file that was %s as little as is safe', async (_name, change, name, kind, part) => {
    change();
    expect(await watch(name)).toMatchObject({ kind });
    expect(parts).toEqual([part]);
  });

  it.each<[string, () => void, ContentPart]>([
    ['all of a sealed source that was written to in place', () => utimesSync(at('a.csv'), 1, 1), 'whole'],
    ['the end of a sealed source that grew: it will be sealed again', () => appendFileSync(at('a.csv'), MORE), 'end'],
  ])('compares %s', async (_name, change, part) => {
    change();
    await watch('a.csv', [{ ...source, sealed: true, state: 'cut' }]);
    expect(parts).toEqual([part]);
  });

  it('lets a file be that could not be read, until something about it changes', async () => {
    expect(await watch('a.csv', [{ ...source, state: 'failed' }])).toMatchObject({ kind: 'known' });
    utimesSync(at('a.csv'), 1, 1);
    expect(await watch('a.csv', [{ ...source, state: 'failed' }])).toMatchObject({ kind: 'same' });
  });

  it.each(['changed', 'vanished'] as const)('compares all of a source that was %s', async (state) => {
    expect(await watch('a.csv', [{ ...source, state }])).toMatchObject({ kind: 'same' });
    expect(parts).toEqual(['whole']);
  });

  it('finds that a file was truncated and rewritten to a larger size between two listings', async () => {
    writeFileSync(at('a.csv'), `${CONTENT.replace('three', 'THREE')}${MORE}`);
    expect(await watch('a.csv')).toEqual({ kind: 'new', because: 'replaced' });
  });

  it('keeps a source of which the listed, unread end was taken away, and no more than that', async () => {
    const listed_more = { ...source, sealed_bytes: CONTENT.length + 3 };
    utimesSync(at('a.csv'), 1, 1);
    expect(await watch('a.csv', [listed_more])).toMatchObject({ kind: 'same' });
    truncateSync(at('a.csv'), CONTENT.length - 1);
    expect(await watch('a.csv', [listed_more])).toEqual({ kind: 'new', because: 'truncated' });
  });

  describe('of which nothing was recorded', () => {
    beforeEach(() => {
      source = { ...source, has_chunks: false, state: 'registered' };
    });

    it('is the same source as long as it grows', async () => {
      appendFileSync(at('a.csv'), MORE);
      expect(await watch('a.csv')).toMatchObject({ kind: 'restarted' });
    });

    it('is given up neither for a smaller file nor for another one in its place', async () => {
      truncateSync(at('a.csv'), 0);
      expect(await watch('a.csv')).toEqual({ kind: 'new', because: 'truncated' });
      rewrite('a.csv', CONTENT + MORE);
      expect(await watch('a.csv')).toEqual({ kind: 'new', because: 'replaced' });
    });

    it('may begin anew when it had no whole record, or is gzip that is still being written', async () => {
      truncateSync(at('a.csv'), 0);
      expect(await watch('a.csv', [{ ...source, state: 'live' }])).toMatchObject({ kind: 'restarted' });
      expect(await watch('a.csv', [{ ...source, compression: 'gzip' }])).toMatchObject({ kind: 'restarted' });
    });

    it('is found under its new name though it has grown, and is not taken for one that was given its inode', async () => {
      renameSync(at('a.csv'), at('b.csv'));
      appendFileSync(at('b.csv'), MORE);
      const file = listed('b.csv');
      const watchAs = (born_ns: bigint) =>
        identifyFile({ ...file, stat: { ...file.stat, born_ns } }, [source], async () => recorded(), { live: true });
      expect(await watchAs(source.stat.changed_ns)).toMatchObject({ kind: 'renamed' });
      expect(await watchAs(source.stat.changed_ns + 1n)).toEqual({ kind: 'new', because: 'first_seen' });
      expect(await watchAs(0n)).toEqual({ kind: 'new', because: 'first_seen' });
    });
  });
});
