import { describe, expect, it } from 'vitest';
import { SentRows } from './sent-rows.mjs';

const ORDER_ID = /L5-\d{9}/;

describe('rows that are sent', () => {
  it('are known by their order with the moment in which they were handed over, each once', () => {
    const rows = new SentRows({ seed: 5, dup: 0.3, bad: 0 });
    const first = Array.from({ length: 100 }, () => rows.next('csv'));
    expect(rows.handed_ms.size).toBe(0);
    const before = Date.now();
    rows.handOver();
    const orders = new Set(first.map((row) => ORDER_ID.exec(row.toString('latin1'))?.[0]));
    expect(rows.handed_ms.size).toBeGreaterThan(50);
    for (const order of rows.handed_ms.keys()) expect(orders).toContain(order);
    expect(Math.min(...rows.handed_ms.values())).toBeGreaterThanOrEqual(before);

    const known = new Map(rows.handed_ms);
    for (let row = 0; row < 100; row++) rows.nextMessage('json');
    rows.handOver();
    expect(rows.handed_ms.size).toBeGreaterThan(known.size);
    for (const [order, handed_ms] of known) expect(rows.handed_ms.get(order)).toBe(handed_ms);
    expect(rows.rows).toBe(200);
  });

  it('that must be rejected are not waited for', () => {
    const rows = new SentRows({ seed: 5, dup: 0, bad: 1 });
    for (let row = 0; row < 20; row++) rows.next('json');
    rows.handOver();
    expect(rows.handed_ms.size).toBe(0);
  });
});
