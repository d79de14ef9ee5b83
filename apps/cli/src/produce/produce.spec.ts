import { describe, expect, it } from 'vitest';
import { produce, type RowSender } from './produce.js';

interface Recorded extends RowSender {
  sent: number[];
  under_way: number;
  most_under_way: number;
}

/** @param takes_ms of every request */
function record(takes_ms: number, fail_at = Number.POSITIVE_INFINITY): Recorded {
  const sender: Recorded = {
    counts: { requests: 0, repeats: 0, refusals: 0 },
    sent: [],
    under_way: 0,
    most_under_way: 0,
    async send(rows) {
      sender.sent.push(rows);
      sender.under_way++;
      sender.most_under_way = Math.max(sender.most_under_way, sender.under_way);
      await new Promise((resolve) => setTimeout(resolve, takes_ms));
      sender.under_way--;
      if (sender.sent.length >= fail_at) throw new Error('refused');
      sender.counts.requests++;
    },
    async close() {},
  };
  return sender;
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

describe('produce', () => {
  it('sends exactly the rows asked for, in full requests and a last one', async () => {
    const sender = record(1);
    const summary = await produce({ sender, rows_per_second: 100_000, rows: 250, batch_rows: 100, in_flight: 4 });
    expect(sender.sent).toEqual([100, 100, 50]);
    expect(summary).toMatchObject({ rows: 250, requests: 3, repeats: 0, refusals: 0 });
  });

  it('sends what its time and rate give', async () => {
    const sender = record(1);
    const { rows } = await produce({ sender, rows_per_second: 1000, for_ms: 200, batch_rows: 30, in_flight: 4 });
    expect(rows).toBe(200);
    expect(sum(sender.sent)).toBe(200);
  });

  it('never has more requests under way than allowed, and leaves what it could not send in time', async () => {
    const sender = record(50);
    const { rows } = await produce({ sender, rows_per_second: 100_000, for_ms: 120, batch_rows: 10, in_flight: 3 });
    expect(sender.most_under_way).toBe(3);
    expect(rows).toBe(sum(sender.sent));
    expect(rows).toBeLessThan(12_000);
  });

  it('ends in good order when it is told to', async () => {
    const ending = new AbortController();
    const sender = record(30);
    const running = produce({
      sender,
      rows_per_second: 1000,
      for_ms: 60_000,
      batch_rows: 10,
      in_flight: 2,
      signal: ending.signal,
    });
    setTimeout(() => ending.abort(), 100);
    const { rows } = await running;
    expect(sender.under_way).toBe(0);
    expect(rows).toBe(sum(sender.sent));
  });

  it('fails with what a request failed with, after those under way', async () => {
    const sender = record(5, 2);
    await expect(
      produce({ sender, rows_per_second: 100_000, rows: 1000, batch_rows: 10, in_flight: 3 }),
    ).rejects.toThrow('refused');
    expect(sender.under_way).toBe(0);
  });
});
