import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Generation } from '../filter/generation.js';
import { SnapshotStore } from './snapshot-store.js';

const identity = { plan: '0123456789abcdef', cluster: 'cluster-a', topic: 'silver.sales', partition: 3 };
const FILE = 'silver.sales.3.filter';

let root: string;
let ignored: string[];
const storeOf = (instance: string) => new SnapshotStore(root, instance, (_path, reason) => ignored.push(reason));

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'deduper-'));
  ignored = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Two generations with some bits set. The second is larger than one slice of the writer. */
function generations(): Generation[] {
  return [10, 15].map((log2Blocks) => {
    const generation = new Generation(log2Blocks);
    for (let at = 0; at < generation.words.length; at += 7) generation.words[at] = Math.imul(at + 1, 0x9e3779b1);
    generation.keys = log2Blocks * 100;
    return generation;
  });
}

describe('SnapshotStore', () => {
  it('gives back the generations and the offset that were saved', async () => {
    const saved = generations();
    const size_bytes = await storeOf('deduper-1').save(identity, 42n, saved);
    const loaded = await storeOf('deduper-1').load(identity, 42n);
    expect(loaded?.offset).toBe(42n);
    expect(loaded?.generations.map(({ log2Blocks, keys }) => [log2Blocks, keys])).toEqual([
      [10, 1000],
      [15, 1500],
    ]);
    expect(
      loaded?.generations.every((generation, index) =>
        Buffer.from(generation.words.buffer).equals(Buffer.from(saved[index].words.buffer)),
      ),
    ).toBe(true);
    expect(size_bytes).toBe(readFileSync(join(root, 'deduper-1', FILE)).length);
    expect(readdirSync(join(root, 'deduper-1'))).toEqual([FILE]);
  });

  it('holds at least the bits of the moment when it was begun, though the filter goes on being filled', async () => {
    const saved = generations();
    const before = saved.map((generation) => generation.words.slice());
    const saving = storeOf('deduper-1').save(identity, 42n, saved);
    for (let round = 0; round < 200; round++) {
      for (const { words } of saved) words[(round * 7919) % words.length] |= 1 << (round % 32);
      await new Promise(setImmediate);
    }
    await saving;
    const loaded = await storeOf('deduper-1').load(identity, 42n);
    const missing = loaded?.generations.flatMap(({ words }, index) =>
      [...before[index]].filter((word, at) => (word & words[at]) !== word),
    );
    expect(missing).toEqual([]);
    expect(ignored).toEqual([]);
  });

  it('takes the newest snapshot of any instance, and the next one when that is damaged', async () => {
    await storeOf('deduper-1').save(identity, 10n, generations());
    await storeOf('deduper-2').save(identity, 20n, generations());
    expect((await storeOf('deduper-1').load(identity, 50n))?.offset).toBe(20n);
    damage(join(root, 'deduper-2', FILE), 5000);
    expect((await storeOf('deduper-1').load(identity, 50n))?.offset).toBe(10n);
    expect(ignored).toEqual(['damaged: a generation does not match its checksum']);
  });

  it.each([
    ['a changed header', (path: string) => damage(path, 40), 'damaged: header checksum does not match'],
    [
      'a file cut off within its generations',
      (path: string) => cut(path, 100_000),
      'damaged: a generation does not match its checksum',
    ],
    ['a file cut off within its header', (path: string) => cut(path, 100), 'damaged: only 100 bytes'],
    ['an empty file', (path: string) => cut(path, 0), 'damaged: only 0 bytes'],
    ['another version', (path: string) => damage(path, 4), 'damaged: version 254'],
    [
      'something else altogether',
      (path: string) => writeFileSync(path, Buffer.alloc(8192, 7)),
      'damaged: not a filter snapshot',
    ],
  ])('ignores %s and says so', async (_what, harm, reason) => {
    const store = storeOf('deduper-1');
    await store.save(identity, 10n, generations());
    harm(join(root, 'deduper-1', FILE));
    expect(await store.load(identity, 50n)).toBeUndefined();
    expect(ignored).toEqual([reason]);
  });

  it('ignores what covers more than is committed, belongs to another cluster or another plan', async () => {
    const store = storeOf('deduper-1');
    await store.save(identity, 10n, generations());
    expect(await store.load(identity, 9n)).toBeUndefined();
    expect(await store.load({ ...identity, cluster: 'cluster-b' }, 50n)).toBeUndefined();
    expect(await store.load({ ...identity, plan: 'fedcba9876543210' }, 50n)).toBeUndefined();
    expect(ignored).toEqual([
      'too new: covers 10, committed is 9',
      'foreign: cluster cluster-a, not cluster-b',
      'foreign: plan 0123456789abcdef, not fedcba9876543210',
    ]);
  });

  it('leaves the last snapshot as it was when writing the next one fails', async () => {
    const store = storeOf('deduper-1');
    await store.save(identity, 10n, generations());
    mkdirSync(join(root, 'deduper-1', `${FILE}.tmp`));
    await expect(store.save(identity, 20n, generations())).rejects.toThrow();
    expect((await store.load(identity, 50n))?.offset).toBe(10n);
  });

  it('finds nothing where there is nothing, without complaint', async () => {
    expect(await storeOf('deduper-1').load(identity, 50n)).toBeUndefined();
    expect(ignored).toEqual([]);
  });
});

function damage(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] ^= 0xff;
  writeFileSync(path, bytes);
}

function cut(path: string, length: number): void {
  writeFileSync(path, readFileSync(path).subarray(0, length));
}
