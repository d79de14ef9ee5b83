import type { Batch } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { forwardBatch } from './forward-batch.js';

describe('forwardBatch', () => {
  it('passes the very same value on to the same partition, with the suspects as a header', () => {
    const value = Buffer.from('as it came');
    const suspects = Buffer.from([5]);
    const output = forwardBatch('sales', 3, value, { source: 7, chunk: 2, slot: 11 } as Batch, {
      suspects,
      suspect_rows: 2,
    });
    expect(output).toEqual({ topic: 'screened.sales', partition: 3, key: '7:2:11', value, headers: { suspects } });
    expect(output.value).toBe(value);
  });
});
