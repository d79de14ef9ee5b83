import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runTogether } from './run-together.js';

/** Until the signal is aborted. */
async function endless(signal: AbortSignal, ended: () => void): Promise<never> {
  await sleep(60_000, undefined, { signal }).catch(() => {});
  ended();
  throw signal.reason;
}

describe('loops that run together', () => {
  it('all end when one fails, and its failure is thrown', async () => {
    const ending = new AbortController();
    const failure = new Error('disk full');
    let ended = 0;
    const loops = [
      endless(ending.signal, () => ended++),
      Promise.reject(failure),
      endless(ending.signal, () => ended++),
    ];
    await expect(runTogether(ending, loops as Promise<never>[])).rejects.toBe(failure);
    expect(ended).toBe(2);
  });
});
