import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryBudget } from './filter/memory-budget.js';
import { Parts } from './parts.js';
import { ReadBack } from './rebuild/read-back.js';
import { SnapshotStore } from './snapshot/snapshot-store.js';
import { plan } from './testing/sales-plan.js';

const hashes = new Uint32Array(Array.from({ length: 200 }, (_, index) => Math.imul(index + 1, 0x9e3779b1)));
const bitmap = () => new Uint8Array(13);

let root: string;
let log: string[];
let requested: number[];
let budget: MemoryBudget;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'deduper-'));
  log = [];
  requested = [];
  budget = new MemoryBudget(2 ** 26);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A table that is empty, holds rows, or cannot be asked; the scan itself is another spec's subject. */
class FakeReadBack extends ReadBack {
  constructor(private readonly table: 'empty' | 'rows' | 'silent') {
    super(plan, () => Promise.reject(new Error('not asked')), { started() {}, finished() {}, failed() {} });
  }
  override isEmpty(): Promise<boolean> {
    return this.table === 'silent' ? new Promise(() => {}) : Promise.resolve(this.table === 'empty');
  }
  override request(part: { partition: number }): void {
    requested.push(part.partition);
  }
}

function partsOn(table: 'empty' | 'rows' | 'silent', { cluster = 'cluster-a', low = 0n, of = plan } = {}): Parts {
  const readBack = new FakeReadBack(table);
  return new Parts(
    () => of,
    { clusterId: async () => cluster, low: async () => low },
    budget,
    new SnapshotStore(root, 'deduper-1', (_path, reason) => log.push(reason)),
    () => readBack,
    {
      begun: (_part, _begin, _committed, from) => log.push(from),
      gap: (_part, offset) => log.push(`gap at ${offset}`),
    },
  );
}

const open = (parts: Parts, committed?: bigint) => parts.open('silver.sales', 3, committed);

/** Saves a filter with the keys of `hashes` as covering offset 40. */
async function saveAt40(): Promise<void> {
  const parts = partsOn('empty');
  await open(parts, 40n);
  const part = parts.get('silver.sales', 3);
  part.filter?.screen(hashes, 100, bitmap());
  parts.reach(part, 39n);
  part.commit(40n);
  await parts.save(part);
  parts.drop('silver.sales', 3);
  log = [];
  requested = [];
}

describe('Parts', () => {
  it('begins complete with an empty table and no snapshot', async () => {
    const parts = partsOn('empty');
    expect(await open(parts, 0n)).toBe(0n);
    expect(parts.get('silver.sales', 3).complete).toBe(true);
    expect([log, requested]).toEqual([['empty table'], []]);
  });

  it('begins where the topic begins when nothing was ever committed', async () => {
    const parts = partsOn('empty', { low: 7n });
    expect(await open(parts)).toBe(7n);
    expect(parts.reach(parts.get('silver.sales', 3), 7n)).toBe('screen');
  });

  it('begins at the snapshot, complete, and refills up to the committed offset', async () => {
    await saveAt40();
    const parts = partsOn('rows');
    expect(await open(parts, 55n)).toBe(40n);
    const part = parts.get('silver.sales', 3);
    expect([part.complete, parts.reach(part, 40n), parts.reach(part, 41n)]).toEqual([true, 'refill', 'refill']);
    expect(part.filter?.screen(hashes, 100, bitmap())).toBe(100);
    expect([log, requested]).toEqual([['snapshot'], []]);
  });

  it('without a snapshot suspects everything, reads back, and reads the last records again', async () => {
    const parts = partsOn('rows');
    expect(await open(parts, 1000n)).toBe(488n);
    expect(parts.get('silver.sales', 3).complete).toBe(false);
    expect([log, requested]).toEqual([['table'], [3]]);
  });

  it('never begins below what the topic still has', async () => {
    expect(await open(partsOn('rows', { low: 900n }), 1000n)).toBe(900n);
  });

  it('treats a database that does not answer like a table with rows', async () => {
    const parts = partsOn('silent');
    await open(parts, 10n);
    expect(parts.get('silver.sales', 3).complete).toBe(false);
    expect(requested).toEqual([3]);
  });

  it('reads back when the records behind the snapshot are gone, and keeps what the snapshot knew', async () => {
    await saveAt40();
    const parts = partsOn('rows', { low: 50n });
    expect(await open(parts, 55n)).toBe(50n);
    const part = parts.get('silver.sales', 3);
    expect(part.complete).toBe(false);
    expect(part.filter?.screen(hashes, 100, bitmap())).toBe(100);
    expect([log, requested]).toEqual([['table'], [3]]);
  });

  it('reads back when a gap shows only while refilling', async () => {
    await saveAt40();
    const parts = partsOn('rows');
    await open(parts, 55n);
    const part = parts.get('silver.sales', 3);
    parts.reach(part, 40n);
    expect(part.complete).toBe(true);
    parts.reach(part, 60n);
    expect(part.complete).toBe(false);
    expect([log, requested]).toEqual([['snapshot', 'gap at 60'], [3]]);
  });

  it('goes on without reading back after a gap behind the committed offset', async () => {
    await saveAt40();
    const parts = partsOn('rows');
    await open(parts, 40n);
    const part = parts.get('silver.sales', 3);
    for (const offset of [40n, 41n, 50n]) parts.reach(part, offset);
    expect([part.complete, requested]).toEqual([true, []]);
  });

  it('does not take the snapshot of another cluster', async () => {
    await saveAt40();
    const parts = partsOn('rows', { cluster: 'cluster-b' });
    await open(parts, 55n);
    expect(parts.get('silver.sales', 3).complete).toBe(false);
    expect(log).toEqual(['foreign: cluster cluster-a, not cluster-b', 'table']);
  });

  it('takes the snapshot of another version with the same key, and none of another key', async () => {
    await saveAt40();
    const version = { ...plan, fingerprint: '00000000000000bb', columns: [...plan.columns, ...plan.columns] };
    await open(partsOn('rows', { of: version }), 55n);
    const other = { ...plan, columns: [{ ...plan.columns[0], postgres_type: 'integer' }] };
    await open(partsOn('rows', { of: other }), 55n);
    expect(log).toEqual(['snapshot', expect.stringMatching(/^foreign: plan /), 'table']);
  });

  it('remembers nothing where rows have no key, and needs no record twice', async () => {
    const parts = partsOn('rows', { low: 3n, of: { ...plan, keys: [] } });
    expect(await open(parts, 1000n)).toBe(1000n);
    const part = parts.get('silver.sales', 3);
    expect([part.filter, part.complete, budget.used_bytes]).toEqual([null, true, 0]);
    expect(parts.reach(part, 1002n)).toBe('screen');
    part.commit(1003n);
    expect(part.snapshot_offset).toBe(1003n);
    parts.drop('silver.sales', 3);
    expect([log, requested]).toEqual([['no key'], []]);
  });

  it('gives memory back and marks the part when it is lost', async () => {
    const parts = partsOn('empty');
    await open(parts, 0n);
    const part = parts.get('silver.sales', 3);
    parts.drop('silver.sales', 3);
    expect([part.lost, parts.find('silver.sales', 3), budget.used_bytes]).toEqual([true, undefined, 0]);
    expect(() => parts.get('silver.sales', 3)).toThrow('not owned here');
    await open(parts, 0n);
    await open(parts, 0n);
    expect(budget.used_bytes).toBe(2 ** 21);
  });
});
