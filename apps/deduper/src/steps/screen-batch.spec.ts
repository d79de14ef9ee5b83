import type { Batch } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { KeyFilter } from '../filter/key-filter.js';
import { MemoryBudget } from '../filter/memory-budget.js';
import { screenBatch } from './screen-batch.js';

const filter = () => new KeyFilter(new MemoryBudget(2 ** 24));
const batchOf = (...hashes: number[]) => ({ rows: hashes.length / 2, hashes: new Uint32Array(hashes) }) as Batch;

describe('screenBatch', () => {
  it('calls a key new once and suspect from then on', () => {
    const keys = filter();
    expect(screenBatch(batchOf(10, 20, 30, 40), keys, true)).toEqual({ suspects: Buffer.from([0]), suspect_rows: 0 });
    expect(screenBatch(batchOf(50, 60, 30, 40), keys, true)).toEqual({ suspects: Buffer.from([2]), suspect_rows: 1 });
  });

  it('suspects the second of two rows with the same key', () => {
    const screened = screenBatch(batchOf(10, 20, 10, 20), filter(), true);
    expect(screened).toEqual({ suspects: Buffer.from([0b10]), suspect_rows: 1 });
  });

  it('suspects every row while the filter is incomplete, yet learns its keys', () => {
    const keys = filter();
    const ten = batchOf(...Array.from({ length: 20 }, (_, index) => index * 7919));
    const screened = screenBatch(ten, keys, false);
    expect(screened).toEqual({ suspects: Buffer.from([0xff, 0b11]), suspect_rows: 10 });
    expect(screenBatch(ten, keys, true)).toEqual(screened);
  });

  it('takes a batch without rows', () => {
    expect(screenBatch(batchOf(), filter(), false)).toEqual({ suspects: Buffer.alloc(0), suspect_rows: 0 });
  });
});
