import { join } from 'node:path';
import { type ColumnData, encodeBody } from '@millrace/columnar';
import {
  ARRIVED_HEADER,
  CONTRACT,
  encodeBatch,
  encodeManifest,
  KIND,
  openEnvelope,
  SUSPECTS_HEADER,
  sealEnvelope,
} from '@millrace/contracts';
import { type DatasetPlan, loadPlans } from '@millrace/dataset';
import type { ApplyMessage } from '@millrace/postgres';
import type { StageMessage } from '@millrace/stage';
import { metrics } from '@millrace/telemetry';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AggregatorFlow } from './aggregator.flow.js';
import type { Sink } from './sink.js';

const plans = loadPlans(join(import.meta.dirname, '../../../datasets'));
const sales = [...plans.values()].find(({ name }) => name === 'sales') as DatasetPlan;

type Fresh = (messages: ApplyMessage[]) => ApplyMessage[];

/** A sink that notes what each transaction gets; what it answers is made up. */
function noted(fail?: Error, fresh: Fresh = () => []): { flow: AggregatorFlow; transactions: ApplyMessage[][] } {
  const transactions: ApplyMessage[][] = [];
  const applier = {
    nextOffset: async (topic: string) => (topic === 'screened.sales' ? 41n : undefined),
    apply: async (messages: ApplyMessage[]) => {
      transactions.push(messages);
      if (fail) throw fail;
      return { written: messages.length, duplicates: 1, rejected: 0, replaced: 0, batches: fresh(messages) };
    },
  };
  const sink = { applier: async () => applier } as unknown as Sink;
  return { flow: new AggregatorFlow(plans, sink), transactions };
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

  it('waits with a message of a later release, and sets it aside never', async () => {
    const { flow, transactions } = noted();
    const newer = Buffer.from(manifest);
    sealEnvelope(newer, openEnvelope(newer, [KIND.manifest]), CONTRACT.newest + 1);
    const applied = flow.apply([message('rejects.sales', 3, 0n, manifest), message('rejects.sales', 3, 1n, newer)]);
    await expect(applied).rejects.toMatchObject({ code: 'CONTRACT_NEWER', retriable: true });
    expect(transactions).toEqual([]);
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

describe('freshness', () => {
  const none = { bytes: new Uint8Array(0), offsets: Uint32Array.of(0), nulls: null };
  const columns = sales.columns.map(({ encoding }): ColumnData => {
    if (encoding === 'text') return { encoding, ...none };
    if (encoding === 'dictionary') return { encoding, ...none, codes: new Uint16Array(0) };
    if (encoding === 'integer') return { encoding, values: new Int32Array(0), nulls: null };
    if (encoding === 'date') return { encoding, days: new Int32Array(0), nulls: null };
    return { encoding, low: new Uint32Array(0), high: new Int32Array(0), wide: [], nulls: null };
  });

  /** A batch without rows: what it holds does not matter here. */
  const batch = (part: number, arrived: string | undefined): StageMessage => {
    const identity = { source: 1, chunk: 2, plan: sales.fingerprint, slot: part, parts: sales.parts };
    const value = encodeBatch(
      { ...identity, rows: 0, first_record: 5, hashes: new Uint32Array(0) },
      encodeBody(columns, 0, new Uint16Array(0)),
    );
    const headers = { [SUSPECTS_HEADER]: Buffer.alloc(0), ...(arrived && { [ARRIVED_HEADER]: Buffer.from(arrived) }) };
    return { ...message('screened.sales', part, 0n, value), headers };
  };

  const NOW = 1_764_000_060_000;
  beforeEach(() => void vi.spyOn(Date, 'now').mockReturnValue(NOW));
  afterEach(() => void vi.restoreAllMocks());

  async function observed(flow: AggregatorFlow, messages: StageMessage[]): Promise<{ count: number; seconds: number }> {
    metrics.freshness.reset();
    await flow.apply(messages).catch(() => {});
    const { values } = await metrics.freshness.get();
    const of = (suffix: string) => values.find(({ metricName }) => metricName?.endsWith(suffix))?.value ?? 0;
    return { count: of('_count'), seconds: of('_sum') };
  }

  it('is observed once a batch that was applied now and says when its data came', async () => {
    const isFirst: Fresh = (messages) => messages.filter(({ partition }) => partition < 3);
    const ago = String(NOW - 1500);
    const messages = [batch(0, ago), batch(1, undefined), batch(2, 'soon'), batch(3, ago)];
    expect(await observed(noted(undefined, isFirst).flow, messages)).toEqual({ count: 1, seconds: 1.5 });
  });

  it('is never negative, where the clock of whoever took the data in is ahead', async () => {
    const { flow } = noted(undefined, (messages) => messages);
    expect(await observed(flow, [batch(0, String(NOW + 60_000))])).toEqual({ count: 1, seconds: 0 });
  });

  it('is not observed when the transaction fails', async () => {
    const { flow } = noted(new Error('no space'), (messages) => messages);
    expect(await observed(flow, [batch(0, '1')])).toEqual({ count: 0, seconds: 0 });
  });
});
