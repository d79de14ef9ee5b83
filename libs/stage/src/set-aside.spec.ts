import { decodeRejectsMessage, encodeBatch, MillraceError, rejectsPartition } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { setAsideOutput } from './set-aside.js';

const message = (value: Buffer | null) => ({
  topic: 'silver.sales',
  partition: 5,
  offset: 77n,
  value,
  headers: {},
  timestamp_ms: 0,
});

describe('setting aside', () => {
  it('names the chunk and the slot of a damaged batch, on the partition of its manifest', () => {
    const batch = { source: 7, chunk: 2, plan: '00000000000000aa', slot: 13, parts: 8, rows: 0, first_record: 1 };
    const value = encodeBatch({ ...batch, hashes: new Uint32Array(0) }, Buffer.alloc(4));
    value[value.length - 1] ^= 1;
    const output = setAsideOutput('deduper', message(value), new MillraceError('MESSAGE_CHECKSUM', 'no match'));
    expect(output).toMatchObject({ topic: 'rejects.sales', partition: rejectsPartition(7, 2) });
    expect(decodeRejectsMessage(output.value)).toEqual({
      kind: 'set_aside',
      setAside: {
        source: 7,
        chunk: 2,
        slot: 13,
        stage: 'deduper',
        topic: 'silver.sales',
        partition: 5,
        offset: '77',
        code: 'MESSAGE_CHECKSUM',
        reason: 'no match',
        size_bytes: value.length,
      },
    });
  });

  it('takes what is not ours at all, with a reason that PostgreSQL can store', () => {
    const reason = `bad \0${'x'.repeat(5000)}`;
    const output = setAsideOutput('cleaner', message(Buffer.from('garbage')), new MillraceError('STEP_THREW', reason));
    const decoded = decodeRejectsMessage(output.value);
    const setAside = decoded.kind === 'set_aside' ? decoded.setAside : undefined;
    expect(setAside).toMatchObject({ source: null, chunk: null, slot: null, size_bytes: 7 });
    expect(setAside?.reason).toHaveLength(1000);
    expect(setAside?.reason).not.toContain('\0');
  });
});
