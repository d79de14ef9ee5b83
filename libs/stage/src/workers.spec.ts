import { MillraceError } from '@millrace/contracts';
import { createLogger } from '@millrace/telemetry';
import { describe, expect, it } from 'vitest';
import { ApplyWorker } from './apply-worker.js';
import { PartitionProgress } from './progress.js';
import type { ApplyFlow, Output, TransformFlow } from './stage.js';
import { TransformWorker } from './transform-worker.js';
import type { Work } from './worker.js';

const logger = createLogger({ service: 'test', instance: 'test', level: 'silent' });
const at = { topic: 'bronze.sales', partition: 0 };

function work(progress: PartitionProgress, offset: bigint, value: Buffer | null = Buffer.alloc(10)): Work {
  const message = { ...at, offset, value, headers: {}, timestamp_ms: 0 };
  return { message, taken: progress.take(offset, value?.length ?? 0) };
}

/** Resolves when as many works are finished, rejects when the worker fails. */
function events(count: number) {
  const finished: bigint[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<bigint[]>();
  return {
    ended: promise,
    finished({ message }: Work) {
      finished.push(message.offset);
      if (finished.length === count) resolve(finished);
    },
    failed: reject,
  };
}

function transformer(flow: TransformFlow, count: number, publish?: (outputs: readonly Output[]) => Promise<void>) {
  const published: Output[] = [];
  const publisher = {
    publish:
      publish ??
      (async (outputs: readonly Output[]) => {
        published.push(...outputs);
      }),
  };
  const watched = events(count);
  return { worker: new TransformWorker('cleaner', flow, publisher, logger, watched), published, ended: watched.ended };
}

describe('transform worker', () => {
  const output = (value: string): Output => ({
    topic: 'silver.sales',
    partition: 0,
    key: '',
    value: Buffer.from(value),
  });

  it('transforms one at a time while others await their acknowledgement', async () => {
    const progress = new PartitionProgress(at, 0n, 0n);
    const acknowledge: (() => void)[] = [];
    const flow = { transform: () => ({ outputs: [output('x')], counts: {} }) };
    const { worker, ended } = transformer(flow, 3, () => new Promise((resolve) => acknowledge.push(resolve)));
    for (const offset of [0n, 1n, 2n]) worker.take(work(progress, offset));
    while (acknowledge.length < 3) await new Promise(setImmediate);
    for (const resolve of acknowledge.reverse()) resolve();
    expect(await ended).toEqual([2n, 1n, 0n]);
  });

  it('sets a message without a value aside and goes on', async () => {
    const progress = new PartitionProgress(at, 0n, 0n);
    const { worker, published, ended } = transformer({ transform: () => ({ outputs: [output('x')], counts: {} }) }, 2);
    worker.take(work(progress, 0n, null));
    worker.take(work(progress, 1n));
    expect(await ended).toEqual([0n, 1n]);
    expect(published.map(({ topic }) => topic)).toEqual(['rejects.sales', 'silver.sales']);
  });

  it('fails when publishing fails, and finishes nothing', async () => {
    const error = new MillraceError('KAFKA_UNREACHABLE', 'gone');
    const flow = { transform: () => ({ outputs: [output('x')], counts: {} }) };
    const { worker, ended } = transformer(flow, 1, () => Promise.reject(error));
    worker.take(work(new PartitionProgress(at, 0n, 0n), 0n));
    await expect(ended).rejects.toBe(error);
  });

  const later = new MillraceError('PLAN_SEMANTICS', 'of a later release');
  const plans = { lookFor: () => Promise.reject(later) };
  const unknown = () => {
    throw new MillraceError('PLAN_UNKNOWN', 'no such plan');
  };

  it('fails at a message that another release must take, after what it had begun, and sets nothing aside', async () => {
    const progress = new PartitionProgress(at, 0n, 0n);
    const published: Output[] = [];
    const acknowledged = Promise.withResolvers<void>();
    const publisher = {
      publish: async (outputs: readonly Output[]) => {
        published.push(...outputs);
        await acknowledged.promise;
      },
    };
    const newer = new MillraceError('CONTRACT_NEWER', 'contract version 9');
    const transform = ({ offset }: { offset: bigint }) => {
      if (offset > 0n) throw newer;
      return { outputs: [output('x')], counts: {} };
    };
    const watched = events(1);
    const failed = Promise.withResolvers<unknown>();
    const worker = new TransformWorker('cleaner', { transform }, publisher, logger, {
      ...watched,
      failed: failed.resolve,
    });
    for (const offset of [0n, 1n]) worker.take(work(progress, offset));
    expect(await failed.promise).toBe(newer);
    let isSettled = false;
    const settled = worker.settled().then(() => {
      isSettled = true;
    });
    await new Promise(setImmediate);
    expect(isSettled).toBe(false);
    acknowledged.resolve();
    await settled;
    expect(await watched.ended).toEqual([0n]);
    expect(published.map(({ topic }) => topic)).toEqual(['silver.sales']);
  });

  it('fails at a message whose plan only another release knows', async () => {
    const watched = events(1);
    const publisher = { publish: () => Promise.reject(new Error('nothing is published')) };
    const worker = new TransformWorker('cleaner', { transform: unknown }, publisher, logger, watched, plans);
    worker.take(work(new PartitionProgress(at, 0n, 0n), 0n));
    await expect(watched.ended).rejects.toBe(later);
  });

  it('asks nobody for the plan of a message that its flow passes over', async () => {
    const watched = events(1);
    const publisher = { publish: async () => {} };
    const transform = () => ({ outputs: [], counts: {} });
    const worker = new TransformWorker('deduper', { transform }, publisher, logger, watched, plans);
    worker.take(work(new PartitionProgress(at, 0n, 0n), 0n));
    expect(await watched.ended).toEqual([0n]);
  });

  it('does not begin what waits of a partition that was lost', async () => {
    const progress = new PartitionProgress(at, 0n, 0n);
    let transforms = 0;
    const { worker, ended } = transformer({ transform: () => ({ outputs: [], counts: { n: ++transforms } }) }, 1);
    worker.take(work(progress, 0n));
    progress.abandoned = true;
    await ended;
    expect(transforms).toBe(0);
  });
});

describe('apply worker', () => {
  it('applies all that waits in one go, up to its bounds', async () => {
    const progress = new PartitionProgress(at, 0n, 0n);
    const groups: bigint[][] = [];
    const flow: ApplyFlow = {
      begin: async () => undefined,
      async apply(messages) {
        groups.push(messages.map(({ offset }) => offset));
        return {};
      },
    };
    const watched = events(6);
    const worker = new ApplyWorker('aggregator', flow, { apply_messages: 3, apply_bytes: 25 }, logger, watched);
    for (const offset of [0n, 1n, 2n]) worker.take(work(progress, offset));
    for (const offset of [3n, 4n, 5n]) worker.take(work(progress, offset, Buffer.alloc(0)));
    expect(await watched.ended).toEqual([0n, 1n, 2n, 3n, 4n, 5n]);
    expect(groups).toEqual([[0n, 1n], [2n, 3n, 4n], [5n]]);
  });

  it('with an interval, applies the first at once and what comes within it together', async () => {
    const progress = new PartitionProgress(at, 0n, 0n);
    const groups: bigint[][] = [];
    const watched = events(4);
    const flow: ApplyFlow = {
      begin: async () => undefined,
      async apply(messages) {
        groups.push(messages.map(({ offset }) => offset));
        for (const { offset } of messages) if (offset === 0n) later();
        return {};
      },
    };
    const limits = { apply_messages: 9, apply_bytes: 999, apply_interval_ms: 300 };
    const worker = new ApplyWorker('ingestor', flow, limits, logger, watched);
    const later = () => {
      for (const offset of [1n, 2n, 3n]) setTimeout(() => worker.take(work(progress, offset)), 1);
    };
    worker.take(work(progress, 0n));
    expect(await watched.ended).toEqual([0n, 1n, 2n, 3n]);
    expect(groups).toEqual([[0n], [1n, 2n, 3n]]);
  });

  it('takes a throw of any kind for a fault of the machine', async () => {
    const error = new TypeError('bug');
    const watched = events(1);
    const flow: ApplyFlow = { begin: async () => undefined, apply: () => Promise.reject(error) };
    const worker = new ApplyWorker('aggregator', flow, { apply_messages: 9, apply_bytes: 99 }, logger, watched);
    worker.take(work(new PartitionProgress(at, 0n, 0n), 0n));
    await expect(watched.ended).rejects.toBe(error);
  });
});
