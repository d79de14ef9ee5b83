import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CONTRACT,
  decodeBatch,
  encodeBatch,
  KIND,
  openEnvelope,
  SUSPECTS_HEADER,
  screenedBatch,
  sealEnvelope,
} from '@millrace/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeduperFlow } from './deduper.flow.js';
import { MemoryBudget } from './filter/memory-budget.js';
import { Parts } from './parts.js';
import { ReadBack } from './rebuild/read-back.js';
import { SnapshotStore } from './snapshot/snapshot-store.js';
import { Snapshotter } from './snapshot/snapshotter.js';
import { plan } from './testing/sales-plan.js';

const silver = { topic: 'silver.sales', partition: 3 };

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'deduper-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A process with an empty table; `life` of it ends with `close`, after which another one may be made. */
function deduper(low = 0n, of = plan) {
  const empty = async () => ({ keys: [], last: undefined });
  const readBack = new ReadBack(plan, empty, { started() {}, finished() {}, failed() {} });
  const parts = new Parts(
    () => of,
    { clusterId: async () => 'cluster-a', low: async () => low },
    new MemoryBudget(2 ** 26),
    new SnapshotStore(root, 'deduper-1', () => {}),
    () => readBack,
    { begun() {}, gap() {} },
  );
  const snapshotter = new Snapshotter(parts, (part) => parts.save(part), { saved() {}, failed() {} });
  return new DeduperFlow(new Map([[of.fingerprint, of]]), parts, snapshotter);
}

/** A message with the keys `first .. first + 99`. */
function message(offset: bigint, first: number, part = 3) {
  const hashes = new Uint32Array(200).map((_, index) => Math.imul(2 * first + index + 1, 0x9e3779b1));
  const identity = { source: 1, chunk: Number(offset), plan: plan.fingerprint, slot: part, parts: 4 };
  const value = encodeBatch({ ...identity, rows: 100, first_record: 1, hashes }, Buffer.from('columns'));
  return { ...silver, offset, value, headers: {}, timestamp_ms: 0 };
}

describe('DeduperFlow', () => {
  it('forwards each batch with one bit a row', async () => {
    const flow = deduper();
    await flow.begin(silver, undefined);
    const first = message(0n, 0);
    const { outputs, counts } = flow.transform(first);
    expect(outputs.map(({ topic, partition }) => [topic, partition])).toEqual([['screened.sales', 3]]);
    expect(outputs[0].value).toEqual(screenedBatch(first.value, decodeBatch(first.value)));
    expect(outputs[0].headers?.[SUSPECTS_HEADER]).toEqual(Buffer.alloc(13));
    expect(counts).toEqual({ new: 100, suspect: 0 });
    expect(flow.transform(message(1n, 50)).counts).toEqual({ new: 50, suspect: 50 });
  });

  it('begins again at its snapshot: refills without output, then knows every key', async () => {
    const before = deduper();
    await before.begin(silver, undefined);
    before.transform(message(0n, 0));
    before.committed(silver, 1n);
    await before.close();
    expect(before.keepFrom(silver)).toBe(1n);
    before.transform(message(1n, 100));

    const after = deduper();
    expect(await after.begin(silver, 2n)).toBe(1n);
    expect(after.transform(message(1n, 100))).toEqual({ outputs: [], counts: { refilled: 100 } });
    expect(after.transform(message(2n, 0)).counts).toEqual({ new: 0, suspect: 100 });
    expect(after.transform(message(3n, 100)).counts).toEqual({ new: 0, suspect: 100 });
  });

  it('calls every row new where rows have no key, and begins where it ended', async () => {
    const before = deduper(0n, { ...plan, keys: [] });
    await before.begin(silver, undefined);
    expect(before.transform(message(0n, 0)).counts).toEqual({ new: 100, suspect: 0 });
    expect(before.transform(message(1n, 0)).counts).toEqual({ new: 100, suspect: 0 });
    before.committed(silver, 2n);
    expect(before.keepFrom(silver)).toBe(2n);
    await before.close();
    expect(await deduper(0n, { ...plan, keys: [] }).begin(silver, 2n)).toBe(2n);
  });

  it('passes over what was set aside before when it refills, and refuses it when it is new', async () => {
    const flow = deduper();
    await flow.begin(silver, 1n);
    expect(flow.transform(message(0n, 0, 2))).toEqual({ outputs: [], counts: {} });
    expect(() => flow.transform(message(1n, 0, 2))).toThrow('batch of part 2 in partition 3');
  });

  it('reads back the keys of what a later release made below its place, and waits for that release above it', async () => {
    const flow = deduper();
    await flow.begin(silver, 1n);
    const newer = (offset: bigint) => {
      const made = message(offset, 0);
      sealEnvelope(made.value, openEnvelope(made.value, [KIND.batch]), CONTRACT.newest + 1);
      return made;
    };
    expect(flow.transform(newer(0n))).toEqual({ outputs: [], counts: {} });
    expect(flow.transform(message(1n, 0)).counts).toEqual({ unscreened: 100 });
    expect(() => flow.transform(newer(2n))).toThrow(
      expect.objectContaining({ code: 'CONTRACT_NEWER', retriable: true }),
    );
  });

  it('ends the process rather than set a message aside when the partition is not its own', async () => {
    const flow = deduper();
    await flow.begin(silver, undefined);
    flow.lost(silver);
    expect(() => flow.transform(message(0n, 0))).toThrow(expect.objectContaining({ retriable: true }));
  });
});
