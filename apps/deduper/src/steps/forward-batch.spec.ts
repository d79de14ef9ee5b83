import { CONTRACT, decodeBatch, encodeBatch, openBody } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { forwardBatch } from './forward-batch.js';

const body = Buffer.from('columns');
const batch = {
  ...{ source: 7, chunk: 2, plan: '00000000000000aa', slot: 11, parts: 8, rows: 2, first_record: 40 },
  hashes: new Uint32Array([1, 2, 3, 4]),
};
const screened = { suspects: Buffer.from([2]), suspect_rows: 1 };

describe('forwardBatch', () => {
  it('passes the batch on to the same partition without its hashes, with the suspects as a header', () => {
    const value = encodeBatch(batch, body);
    const output = forwardBatch('sales', 3, value, decodeBatch(value), screened);
    expect(output).toMatchObject({
      ...{ topic: 'screened.sales', partition: 3, key: '7:2:11' },
      headers: { suspects: screened.suspects },
    });
    expect(output.value.length).toBe(value.length - 16);
    const passed = decodeBatch(output.value);
    expect(passed).toEqual({ ...batch, hashes: new Uint32Array(0) });
    expect(openBody(output.value, passed)).toEqual(body);
  });

  it('passes the very same value on in the contract version that keeps the hashes', () => {
    const value = encodeBatch(batch, body, CONTRACT.oldest);
    expect(forwardBatch('sales', 3, value, decodeBatch(value), screened).value).toBe(value);
  });
});
