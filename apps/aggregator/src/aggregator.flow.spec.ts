import { encodeManifest } from '@millrace/contracts';
import type { ApplyMessage } from '@millrace/postgres';
import type { StageMessage } from '@millrace/stage';
import { describe, expect, it } from 'vitest';
import { AggregatorFlow } from './aggregator.flow.js';
import type { Sink } from './sink.js';

/** A sink that notes what each transaction gets; what it answers is made up. */
function noted(fail?: Error): { flow: AggregatorFlow; transactions: ApplyMessage[][] } {
  const transactions: ApplyMessage[][] = [];
  const applier = {
    nextOffset: async (topic: string) => (topic === 'screened.sales' ? 41n : undefined),
    apply: async (messages: ApplyMessage[]) => {
      transactions.push(messages);
      if (fail) throw fail;
      return { written: messages.length, duplicates: 1, rejected: 0, replaced: 0 };
    },
  };
  const sink = { applier: async () => applier } as unknown as Sink;
  return { flow: new AggregatorFlow(new Map(), sink), transactions };
}

const message = (topic: string, partition: number, offset: bigint, value: Buffer | null): StageMessage => ({
  ...{ topic, partition, offset, value, headers: {}, timestamp_ms: 0, key: null },
});
const manifest = encodeManifest({
  source: 1,
  chunk: 2,
  plan: '0'.repeat(16),
  records: 1,
  skipped: 0,
  slots: [],
  rejects: [],
});

describe('the aggregator', () => {
  it('begins where PostgreSQL says, and at the start of what it does not know', async () => {
    const { flow } = noted();
    expect(await flow.begin({ topic: 'screened.sales', partition: 0 })).toBe(41n);
    expect(await flow.begin({ topic: 'rejects.sales', partition: 0 })).toBe(0n);
  });

  it('applies all that waits in one transaction, what it cannot read as a set-aside', async () => {
    const { flow, transactions } = noted();
    const counts = await flow.apply([
      message('rejects.sales', 3, 0n, manifest),
      message('rejects.sales', 0, 0n, manifest),
      message('screened.sales', 1, 5n, null),
      message('screened.sales', 1, 6n, Buffer.from('garbage')),
    ]);
    expect(counts).toEqual({ written: 4, duplicates: 1, rejected: 0, replaced: 0 });
    expect(transactions).toHaveLength(1);
    expect(transactions[0]).toMatchObject([
      { kind: 'manifest', topic: 'rejects.sales', partition: 3, offset: 0n, dataset: 'sales' },
      { kind: 'set_aside', set_aside: { code: 'MESSAGE_CONTRACT', source: 1, chunk: 2, slot: null } },
      { kind: 'set_aside', dataset: 'sales', set_aside: { code: 'MESSAGE_GARBAGE', offset: '5', source: null } },
      { kind: 'set_aside', set_aside: { code: 'MESSAGE_GARBAGE', offset: '6', size_bytes: 7 } },
    ]);
  });

  it('takes several transactions when bytes pass the bound, in order, and adds up their counts', async () => {
    const { flow, transactions } = noted();
    const large = Buffer.alloc(9 * 1024 * 1024);
    const messages = [0n, 1n, 2n, 3n, 4n].map((offset) => message('screened.sales', 0, offset, large));
    expect(await flow.apply(messages)).toMatchObject({ written: 5, duplicates: 3 });
    expect(transactions.map((group) => group.map(({ offset }) => offset))).toEqual([[0n, 1n], [2n, 3n], [4n]]);
  });

  it('fails with the failure of its transaction and begins no further one', async () => {
    const { flow, transactions } = noted(new Error('no space'));
    const large = Buffer.alloc(9 * 1024 * 1024);
    const messages = [0n, 1n, 2n, 3n, 4n].map((offset) => message('screened.sales', 0, offset, large));
    await expect(flow.apply(messages)).rejects.toThrow('no space');
    expect(transactions).toHaveLength(1);
  });
});
