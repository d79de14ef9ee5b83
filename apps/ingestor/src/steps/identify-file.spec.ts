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
import { type Identity, identifyFile, type KnownSource, type RecordedContent } from './identify-file.js';

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

function identify(name: string, candidates: KnownSource[] = [source], content = recorded()): Promise<Identity> {
  return identifyFile({ path: at(name), name, stat: statOf(at(name)) }, candidates, async () => content);
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-identity-'));
  at = (name) => join(directory, name);
  writeFileSync(at('a.csv'), CONTENT);
  const stat = statOf(at('a.csv'));
  source = { id: 1, path: at('a.csv'), stat, sealed_bytes: CONTENT.length, state: 'cut', has_chunks: true };
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
    const file = { path: at('a.csv'), name: 'a.csv', stat: statOf(at('a.csv')) };
    unlinkSync(at('a.csv'));
    expect(await identifyFile(file, [source], async () => recorded())).toEqual({ kind: 'unread', source });
  });
});
