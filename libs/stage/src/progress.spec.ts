import { describe, expect, it } from 'vitest';
import { PartitionProgress } from './progress.js';

const at = { topic: 'bronze.sales', partition: 3 };

describe('partition progress', () => {
  it('lets only the contiguous prefix of done messages be committed', () => {
    const progress = new PartitionProgress(at, 10n, 10n);
    const [a, b, c] = [10n, 11n, 12n].map((offset) => progress.take(offset, 1));
    expect(progress.committable).toBe(undefined);
    progress.finish(c);
    expect(progress.committable).toBe(undefined);
    progress.finish(a);
    expect(progress.committable).toBe(11n);
    progress.finish(b);
    expect(progress.committable).toBe(13n);
    progress.committed = 13n;
    expect(progress.committable).toBe(undefined);
  });

  it('never commits below what is committed, while a refill reads again what lies below', () => {
    const progress = new PartitionProgress(at, 12n, 10n);
    for (const offset of [10n, 11n]) progress.finish(progress.take(offset, 1));
    expect(progress.committable).toBe(undefined);
    progress.finish(progress.take(12n, 1));
    expect(progress.committable).toBe(13n);
  });

  it('passes over gaps in the offsets', () => {
    const progress = new PartitionProgress(at, 10n, 10n);
    progress.finish(progress.take(10n, 1));
    progress.finish(progress.take(15n, 1));
    expect(progress.committable).toBe(16n);
  });

  it('passes what is no message once all before it is done', () => {
    const progress = new PartitionProgress(at, 10n, 10n);
    const [a, b] = [10n, 11n].map((offset) => progress.take(offset, 1));
    progress.pass(13n);
    progress.finish(b);
    expect(progress.committable).toBe(undefined);
    progress.finish(a);
    expect(progress.committable).toBe(13n);
    progress.pass(12n);
    expect(progress.expected).toBe(13n);
    progress.pass(14n);
    progress.see({ low: 0n, high: 14n });
    expect([progress.committable, progress.lag]).toEqual([14n, 0]);
    const later = progress.take(14n, 1);
    expect(progress.committable).toBe(14n);
    progress.finish(later);
    expect(progress.committable).toBe(15n);
  });

  it('commits at once where a ledger is ahead of Kafka', () => {
    expect(new PartitionProgress(at, 10n, 25n).committable).toBe(25n);
  });

  it('drops what lies below the expected offset, or passes it to a ledger', () => {
    const progress = new PartitionProgress(at, 10n, 20n);
    expect(progress.fence(10n, 30n, 'drop')).toEqual({ kind: 'take', from: 20n });
    expect(progress.fence(10n, 30n, 'take')).toEqual({ kind: 'take', from: 0n });
  });

  it('seeks back when the fetch began behind the expected offset', () => {
    const progress = new PartitionProgress(at, 10n, 10n);
    expect(progress.fence(12n, 30n, 'drop')).toEqual({ kind: 'seek', to: 10n });
    progress.take(12n, 1);
    expect(progress.fence(13n, 30n, 'drop')).toEqual({ kind: 'take', from: 13n });
  });

  it('knows a log that ends below the expected offset for another one', () => {
    expect(new PartitionProgress(at, 10n, 10n).fence(0n, 9n, 'drop')).toEqual({ kind: 'restarted' });
    expect(new PartitionProgress(at, 10n, 10n).fence(0n, 10n, 'drop')).toEqual({ kind: 'take', from: 10n });
  });

  it('takes whatever there is when nothing was ever committed', () => {
    const progress = new PartitionProgress(at, undefined, undefined);
    expect(progress.fence(7n, 30n, 'drop')).toEqual({ kind: 'take', from: 0n });
    const taken = progress.take(7n, 1);
    progress.finish(taken);
    expect(progress.committable).toBe(8n);
  });

  it('counts as lag what is not done', () => {
    const progress = new PartitionProgress(at, undefined, undefined);
    progress.see({ low: 4n, high: 10n });
    expect(progress.lag).toBe(6);
    const [first, second] = [progress.take(4n, 1), progress.take(5n, 1)];
    progress.finish(second);
    expect(progress.lag).toBe(6);
    progress.finish(first);
    expect(progress.lag).toBe(4);
  });

  it('is drained when nothing of it is in flight', async () => {
    const progress = new PartitionProgress(at, 0n, 0n);
    await progress.drained();
    const taken = progress.take(0n, 1);
    let drained = false;
    const waiting = progress.drained().then(() => {
      drained = true;
    });
    await Promise.resolve();
    expect(drained).toBe(false);
    progress.finish(taken);
    await waiting;
    expect(drained).toBe(true);
  });
});
