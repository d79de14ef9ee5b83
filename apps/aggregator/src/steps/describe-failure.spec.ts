import { encodeBatch, encodeManifest, MillraceError } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { describeFailure } from './describe-failure.js';

const place = { topic: 'screened.sales', partition: 5, offset: 77n };
const plan = '0123456789abcdef';
const batch = encodeBatch(
  { source: 7, chunk: 3, plan, slot: 13, parts: 8, rows: 2, first_record: 1, hashes: new Uint32Array(4) },
  Buffer.alloc(4),
);

describe('the description of a message that failed', () => {
  it('names batch, slot and rows, as far as they can be read', () => {
    const { set_aside, rows } = describeFailure(
      { ...place, value: batch },
      new MillraceError('MESSAGE_CHECKSUM', 'no'),
    );
    expect(set_aside).toEqual({
      ...{ source: 7, chunk: 3, slot: 13, stage: 'aggregator', topic: 'screened.sales', partition: 5, offset: '77' },
      ...{ code: 'MESSAGE_CHECKSUM', reason: 'no', size_bytes: batch.length },
    });
    expect(rows).toBe(2);
  });

  it('never claims more rows than a batch can have, nor none', () => {
    const damaged = Buffer.from(batch);
    for (const [claimed, rows] of [
      [0xffffffff, 16_384],
      [0, 1],
    ]) {
      damaged.writeUInt32LE(claimed, 36);
      expect(describeFailure({ ...place, value: damaged }, new Error('x')).rows).toBe(rows);
    }
  });

  it('has no slot for a manifest, and no identity for a stranger', () => {
    const manifest = encodeManifest({ source: 1, chunk: 2, plan, records: 1, skipped: 0, slots: [], rejects: [] });
    expect(describeFailure({ ...place, value: manifest }, new Error('x')).set_aside).toMatchObject({
      source: 1,
      chunk: 2,
      slot: null,
    });
    for (const value of [null, Buffer.from('hello')]) {
      expect(describeFailure({ ...place, value }, new Error('x')).set_aside).toMatchObject({
        source: null,
        chunk: null,
        slot: null,
      });
    }
  });

  it('calls an error that is not of the closed list STEP_THREW, with its name and its text cut', () => {
    const { set_aside } = describeFailure({ ...place, value: batch }, new TypeError('y'.repeat(5000)));
    expect(set_aside.code).toBe('STEP_THREW');
    expect(set_aside.reason).toHaveLength(1000);
    expect(set_aside.reason).toMatch(/^TypeError: y/);
  });
});
