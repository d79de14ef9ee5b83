import { describe, expect, it } from 'vitest';
import { Wakeup } from './wakeup.js';

describe('Wakeup', () => {
  const { signal } = new AbortController();
  const LONG_MS = 600_000;

  it('ends a wait', async () => {
    const wakeup = new Wakeup();
    const waiting = wakeup.wait(LONG_MS, signal);
    wakeup.wake();
    expect(await waiting).toBeUndefined();
  });

  it('is not lost when nobody waits, and counts once', async () => {
    const wakeup = new Wakeup();
    wakeup.wake();
    wakeup.wake();
    expect(await wakeup.wait(LONG_MS, signal)).toBeUndefined();
    let isOver = false;
    const second = wakeup.wait(LONG_MS, signal).then(() => {
      isOver = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isOver).toBe(false);
    wakeup.wake();
    await second;
  });

  it('ends by itself after a while', async () => {
    expect(await new Wakeup().wait(1, signal)).toBeUndefined();
  });

  it("throws the signal's reason", async () => {
    const ending = new AbortController();
    const waiting = new Wakeup().wait(LONG_MS, ending.signal);
    ending.abort(new Error('the end'));
    await expect(waiting).rejects.toThrow('the end');
    await expect(new Wakeup().wait(1, ending.signal)).rejects.toThrow('the end');
  });
});
