import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import '../kafkajs.js';
import { PieceEncoder } from './encoder.js';
import { encodeRecordBatch, type RecordBatchFields } from './record-batch.js';

const require = createRequire(import.meta.url);
const encodeRecord: (record: object) => PieceEncoder = require('kafkajs/src/protocol/recordBatch/record/v0');

/** As kafkajs itself makes it: its own module, loaded anew. */
function loadOriginal(): (fields: RecordBatchFields) => Promise<PieceEncoder> {
  const path = require.resolve('kafkajs/src/protocol/recordBatch/v0');
  const ours = require.cache[path];
  delete require.cache[path];
  try {
    return require(path).RecordBatch;
  } finally {
    require.cache[path] = ours;
  }
}

const fieldsOf = (values: Buffer[]): RecordBatchFields => ({
  firstTimestamp: 1_700_000_000_000,
  maxTimestamp: 1_700_000_000_500,
  lastOffsetDelta: values.length - 1,
  records: values.map((value, offsetDelta) =>
    encodeRecord({ offsetDelta, timestampDelta: 500, key: 'key', value, headers: { suspects: Buffer.alloc(9, 1) } }),
  ),
});

describe('a record batch', () => {
  it.each([
    { name: 'of one record', values: [Buffer.from('a')] },
    { name: 'of large records', values: [Buffer.alloc(70_000, 1), Buffer.alloc(2000, 2), Buffer.alloc(3, 3)] },
    { name: 'of none', values: [] },
  ])("$name is the client's own, byte for byte", async ({ values }) => {
    const theirs = await loadOriginal()(fieldsOf(values));
    expect(encodeRecordBatch(fieldsOf(values))?.buffer).toEqual(theirs.buffer);
  });

  it('of an idempotent or transactional producer, too', async () => {
    const of = () => ({ ...fieldsOf([Buffer.from('a')]), producerId: 77, producerEpoch: 3, firstSequence: 12 });
    const transactional = () => ({ ...of(), transactional: true });
    expect(encodeRecordBatch(of())?.buffer).toEqual((await loadOriginal()(of())).buffer);
    expect(encodeRecordBatch(transactional())?.buffer).toEqual((await loadOriginal()(transactional())).buffer);
  });

  it('that is to be compressed is left to the client', () => {
    expect(encodeRecordBatch({ ...fieldsOf([Buffer.from('a')]), compression: 4 })).toBeUndefined();
  });
});
