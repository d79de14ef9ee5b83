import { hashKey, partOfHash } from '@millrace/columnar';
import type { DatasetPlan } from '@millrace/dataset';
import { afterEach, describe, expect, it } from 'vitest';
import { KeyFilter } from '../filter/key-filter.js';
import { MemoryBudget } from '../filter/memory-budget.js';
import { Part } from '../part.js';
import type { ReadKeyRange } from './key-range.js';
import { ReadBack } from './read-back.js';

const plan = { name: 'sales', parts: 4 } as DatasetPlan;
const timing = { gather_ms: 5, first_retry_ms: 1, last_retry_ms: 2 };
const table = Array.from({ length: 1000 }, (_, index) => `ORD-${String(index).padStart(5, '0')}`);

let open: ReadBack[] = [];
afterEach(async () => {
  await Promise.all(open.map((readBack) => readBack.close()));
  open = [];
});

function partOf(partition: number): Part {
  const filter = new KeyFilter(new MemoryBudget(2 ** 26));
  const start = { begin: 0n, committed: 0n, complete: false };
  return new Part('sales', 'silver.sales', partition, filter, start);
}

/** Ranges of 300 keys out of `table`; `before` may throw or wait. */
function reading(before: (after: string) => void | Promise<void> = () => {}): ReadKeyRange {
  return async (_plan, [after] = ['']) => {
    await before(after);
    const keys = table.filter((key) => key > after).slice(0, 300);
    return { keys: keys.map((key) => Buffer.from(key)), last: keys.length < 300 ? undefined : keys.slice(-1) };
  };
}

function readBackWith(read: ReadKeyRange) {
  const log: string[] = [];
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const readBack = new ReadBack(
    plan,
    read,
    {
      started: (_dataset, parts) => log.push(`started ${parts}`),
      finished: (_dataset, parts, keys) => {
        log.push(`finished ${parts}: ${keys}`);
        finish();
      },
      failed: (_dataset, error) => log.push(`failed ${(error as Error).message}`),
    },
    timing,
  );
  open.push(readBack);
  return { readBack, log, finished };
}

/** How many of the table's keys of this part its filter would call new. */
function unknown(part: Part): number {
  const lanes = new Uint32Array(2);
  return table.filter((key) => {
    hashKey(Buffer.from(key), 0, key.length, lanes, 0);
    if (partOfHash(lanes[0], lanes[1], plan.parts) !== part.partition) return false;
    return part.filter?.screen(lanes, 1, new Uint8Array(1)) === 0;
  }).length;
}

describe('ReadBack', () => {
  it('gives every waiting part its keys in one scan, and no part those of another', async () => {
    const { readBack, log, finished } = readBackWith(reading());
    const parts = [partOf(0), partOf(2)];
    for (const part of parts) readBack.request(part);
    await finished;
    expect(log).toEqual(['started 0,2', 'finished 0,2: 1000']);
    expect(parts.map((part) => part.complete)).toEqual([true, true]);
    expect(parts[0].filter?.keys).toBeGreaterThan(150);
    expect((parts[0].filter?.keys ?? 0) + (parts[1].filter?.keys ?? 0)).toBeLessThan(700);
    expect(parts.map(unknown)).toEqual([0, 0]);
    expect(parts.every((part) => part.rows_since_snapshot > 0)).toBe(true);
  });

  it('retries from the same range while the database fails, and stays incomplete until then', async () => {
    const part = partOf(1);
    let failures = 0;
    const { readBack, log, finished } = readBackWith(
      reading((after) => {
        if (after !== '' && failures++ < 3) {
          expect(part.complete).toBe(false);
          throw new Error('down');
        }
      }),
    );
    readBack.request(part);
    await finished;
    expect(log).toEqual(['started 1', 'failed down', 'failed down', 'failed down', 'finished 1: 1000']);
    expect(unknown(part)).toBe(0);
  });

  it('serves a part that comes in the middle of a scan with a scan of its own', async () => {
    const late = partOf(3);
    let requested = false;
    const { readBack, log, finished } = readBackWith(
      reading((after) => {
        if (after !== '' && !requested) {
          requested = true;
          readBack.request(late);
        }
      }),
    );
    readBack.request(partOf(1));
    await finished;
    while (!late.complete) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(log).toEqual(['started 1', 'finished 1: 1000', 'started 3', 'finished 3: 1000']);
    expect(unknown(late)).toBe(0);
  });

  it('ends early when all its parts are lost', async () => {
    const part = partOf(1);
    let ranges = 0;
    const { readBack, log } = readBackWith(
      reading(() => {
        ranges++;
        part.lost = true;
      }),
    );
    readBack.request(part);
    while (ranges === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    await readBack.close();
    expect(ranges).toBe(1);
    expect(log).toEqual(['started 1']);
    expect(part.complete).toBe(false);
  });

  it('closes while the database is down', async () => {
    const { readBack } = readBackWith(() => Promise.reject(new Error('down')));
    const part = partOf(1);
    readBack.request(part);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await readBack.close();
    expect(part.complete).toBe(false);
  });

  it('calls a table empty only when it was asked', async () => {
    const { readBack: none } = readBackWith(async () => ({ keys: [], last: undefined }));
    const { readBack: some } = readBackWith(reading());
    const { readBack: down } = readBackWith(() => Promise.reject(new Error('down')));
    expect([await none.isEmpty(), await some.isEmpty(), await down.isEmpty()]).toEqual([true, false, false]);
  });
});
