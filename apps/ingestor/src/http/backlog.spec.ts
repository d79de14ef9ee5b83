import { describe, expect, it } from 'vitest';
import { type Applied, Backlog, REQUEST_BYTES } from './backlog.js';
import type { HttpProblem } from './problem.js';

const bounds = { size_bytes: 1000, requests: 4, in_hand_bytes: 800 + 2 * REQUEST_BYTES };

class Clock {
  now_ms = 0;
  readonly backlog = new Backlog(bounds, () => this.now_ms);

  accept(size_bytes: number, offset: bigint, source = 1, topic_id = 'first'): void {
    this.backlog.admit('sales', size_bytes).accepted({ source, partition: source % 4, topic_id, offset });
  }

  applied(offset: bigint, source = 1, topic_id = 'first', partition = source % 4): Applied {
    return { source, partition, topic_id, offset };
  }

  refusal(size_bytes: number): HttpProblem | null {
    try {
      this.backlog.admit('sales', size_bytes).release();
      return null;
    } catch (error) {
      return error as HttpProblem;
    }
  }
}

describe('the backlog', () => {
  it('counts bytes from the acknowledgement until they are applied', () => {
    const { backlog } = new Clock();
    const hold = backlog.admit('sales', 500);
    hold.resize(300);
    expect(backlog.bytesOf('sales')).toBe(0);
    hold.accepted({ source: 1, partition: 1, topic_id: 'first', offset: 9n });
    expect(backlog.bytesOf('sales')).toBe(300);
    expect(backlog.datasets).toEqual(['sales']);
    backlog.drain('sales', [{ source: 1, partition: 1, topic_id: 'first', offset: 9n }]);
    expect(backlog.bytesOf('sales')).toBe(300);
    backlog.drain('sales', [{ source: 1, partition: 1, topic_id: 'first', offset: 10n }]);
    expect([backlog.bytesOf('sales'), backlog.datasets]).toEqual([0, []]);
  });

  it('refuses what would pass its bound, and takes it once enough is applied', () => {
    const clock = new Clock();
    clock.accept(500, 5n);
    clock.accept(400, 3n);
    expect(clock.refusal(100)).toBeNull();
    expect(clock.refusal(101)?.code).toBe('BACKLOG_FULL');
    clock.backlog.drain('sales', [clock.applied(4n)]);
    expect(clock.backlog.bytesOf('sales')).toBe(500);
    expect(clock.refusal(500)).toBeNull();
  });

  it('counts requests too, however small', () => {
    const clock = new Clock();
    for (let offset = 0n; offset < 4n; offset++) clock.accept(1, offset);
    expect(clock.refusal(1)?.code).toBe('BACKLOG_FULL');
    clock.backlog.drain('sales', [clock.applied(1n)]);
    expect(clock.refusal(1)).toBeNull();
  });

  it('bounds what is being read, until it is done with, once', () => {
    const { backlog } = new Clock();
    const holds = [backlog.admit('sales', 400), backlog.admit('sales', 400)];
    expect(() => backlog.admit('sales', 250)).toThrow(expect.objectContaining({ code: 'BACKLOG_FULL' }));
    holds[0].release();
    holds[0].release();
    holds[0].accepted({ source: 1, partition: 1, topic_id: 'first', offset: 1n });
    expect(backlog.bytesOf('sales')).toBe(0);
    backlog.admit('sales', 400);
    expect(() => backlog.admit('sales', 250)).toThrow(expect.objectContaining({ headers: { 'retry-after': '1' } }));
  });

  it('bounds the number of requests in hand by what each costs besides its body', () => {
    const { backlog } = new Clock();
    backlog.admit('sales', 1);
    backlog.admit('sales', 1);
    expect(() => backlog.admit('sales', 1)).toThrow(
      expect.objectContaining({ code: 'BACKLOG_FULL', headers: { 'retry-after': '1' } }),
    );
  });

  it('says when to come again by how fast it drains: 1 to 15 seconds', () => {
    const clock = new Clock();
    clock.accept(500, 0n);
    clock.accept(500, 1n);
    expect(clock.refusal(100)?.headers).toEqual({ 'retry-after': '15' });
    for (let offset = 1n; offset <= 2n; offset++) {
      clock.now_ms += 60_000;
      clock.backlog.drain('sales', [clock.applied(offset)]);
    }
    clock.accept(500, 2n);
    clock.accept(500, 3n);
    // About 500 bytes in 60 s.
    expect(clock.refusal(90)?.headers).toEqual({ 'retry-after': '11' });
    expect(clock.refusal(1)?.headers).toEqual({ 'retry-after': '1' });
  });

  it('forgets what can never be applied because its topic was made anew, and nothing else', () => {
    const clock = new Clock();
    clock.accept(400, 5n, 1, 'first');
    clock.accept(300, 5n, 2, 'first');
    // The next base of the same topic is no reason.
    clock.backlog.drain('sales', [clock.applied(0n, 1), clock.applied(0n, 2), clock.applied(8n, 5, 'first', 1)]);
    expect(clock.backlog.bytesOf('sales')).toBe(700);
    clock.backlog.drain('sales', [clock.applied(0n, 1), clock.applied(0n, 2), clock.applied(0n, 9, 'second', 1)]);
    expect(clock.backlog.bytesOf('sales')).toBe(300);
    clock.backlog.drain('sales', []);
    expect(clock.backlog.bytesOf('sales')).toBe(300);
  });
});
