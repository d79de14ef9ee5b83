import { describe, expect, it } from 'vitest';
import { endOf } from './end-missing.js';
import type { FileStat } from './file-stat.js';
import type { WatchedSource } from './known-sources.js';

const stat: FileStat = { device: 1n, inode: 7n, size_bytes: 100, modified_ns: 1n, changed_ns: 1n };
const source: WatchedSource = {
  id: 1,
  path: '/in/a.csv',
  stat,
  sealed_bytes: 100,
  sealed: false,
  compression: null,
  is_direct: true,
  state: 'live',
  has_chunks: true,
  watch: 1,
  read_bytes: 100,
};
const nothing = { is_leased: false, is_unpublished: false, is_overdue: false };
const half: WatchedSource = { ...source, read_bytes: 94 };

describe('endOf', () => {
  it('is green when all that was seen was read', () => {
    expect(endOf(source, nothing, null)).toEqual({ kind: 'ended', error: null });
    expect(endOf({ ...source, state: 'registered' }, nothing, null)).toEqual({ kind: 'ended', error: null });
  });

  it.each([
    ['deleted', null, 'SOURCE_VANISHED'],
    ['replaced', { ...stat, inode: 8n }, 'SOURCE_VANISHED'],
    ['cut off', { ...stat, size_bytes: 3 }, 'SOURCE_CHANGED'],
  ])('says what was not read when the file was %s', (what, now, code) => {
    const message = `/in/a.csv was ${what} before its last 6 bytes could be read`;
    expect(endOf(half, nothing, now)).toMatchObject({ kind: 'ended', error: { code, message } });
  });

  it('leaves a file alone that somebody has open', () => {
    expect(endOf({ ...half, state: 'registered' }, { ...nothing, is_leased: true }, null)).toEqual({ kind: 'busy' });
  });

  it('does not wait for who waits for outcomes only', () => {
    expect(endOf(half, { ...nothing, is_leased: true }, null)).toMatchObject({ kind: 'ended' });
  });

  it('waits for what was recorded to be published, but not for ever', () => {
    const pending = { ...nothing, is_unpublished: true };
    expect(endOf(source, pending, null)).toEqual({ kind: 'busy' });
    expect(endOf(source, { ...pending, is_overdue: true }, null)).toMatchObject({
      kind: 'ended',
      error: { code: 'SOURCE_VANISHED' },
    });
    expect(endOf(source, { ...pending, is_overdue: true, is_leased: true }, null)).toEqual({ kind: 'busy' });
  });

  it('never takes a compressed file for read before it was sealed', () => {
    const compressed = { ...source, is_direct: false, read_bytes: 500 };
    expect(endOf(compressed, nothing, null)).toMatchObject({ kind: 'ended', error: { code: 'SOURCE_VANISHED' } });
  });

  it.each(['cut', 'changed', 'vanished', 'failed'] as const)('has nothing to say of a source that is %s', (state) => {
    expect(endOf({ ...source, state }, nothing, null)).toEqual({ kind: 'other' });
  });
});
