import { encodeBatch, MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { describe, expect, it } from 'vitest';
import { readBatch } from './read-batch.js';

const PLAN = '00000000000000aa';
const OTHER = '00000000000000bb';
const plans = new Map([
  [PLAN, { name: 'sales', fingerprint: PLAN, parts: 8 } as DatasetPlan],
  [OTHER, { name: 'orders', fingerprint: OTHER, parts: 8 } as DatasetPlan],
]);

function silver({ plan = PLAN, slot = 11, parts = 8, hashes = new Uint32Array([1, 2, 3, 4]) } = {}): Buffer {
  const rows = hashes.length / 2;
  return encodeBatch({ source: 7, chunk: 2, plan, slot, parts, rows, first_record: 1, hashes }, Buffer.from('columns'));
}

function codeOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    return error instanceof MillraceError ? error.code : String(error);
  }
  return 'accepted';
}

describe('readBatch', () => {
  it('reads identity and hashes of a sub-part in its partition', () => {
    const batch = readBatch(silver(), 3, 'sales', plans);
    expect([batch.source, batch.chunk, batch.slot, batch.rows]).toEqual([7, 2, 11, 2]);
    expect([...batch.hashes]).toEqual([1, 2, 3, 4]);
  });

  it('refuses a plan that it does not know', () => {
    expect(codeOf(() => readBatch(silver({ plan: '00000000000000cc' }), 3, 'sales', plans))).toBe('PLAN_UNKNOWN');
  });

  it('refuses a batch of another dataset', () => {
    expect(codeOf(() => readBatch(silver({ plan: OTHER }), 3, 'sales', plans))).toBe('MESSAGE_CONTRACT');
  });

  it('refuses a batch in a partition that is not its part', () => {
    expect(codeOf(() => readBatch(silver(), 4, 'sales', plans))).toBe('MESSAGE_CONTRACT');
  });

  it('refuses a number of parts that is not the plan’s', () => {
    expect(codeOf(() => readBatch(silver({ parts: 4 }), 3, 'sales', plans))).toBe('MESSAGE_CONTRACT');
  });

  it('refuses a damaged message and one without a value', () => {
    const damaged = silver();
    damaged[damaged.length - 1] ^= 1;
    expect(codeOf(() => readBatch(damaged, 3, 'sales', plans))).toBe('MESSAGE_CHECKSUM');
    expect(codeOf(() => readBatch(null, 3, 'sales', plans))).toBe('MESSAGE_GARBAGE');
  });
});
