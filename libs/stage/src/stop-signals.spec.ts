import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { onStopSignals } from './stop-signals.js';

describe('signals', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  function rig() {
    const source = new EventEmitter();
    const calls: unknown[][] = [];
    onStopSignals(
      (...args) => calls.push(['first', ...args]),
      (...args) => calls.push(['second', ...args]),
      source as unknown as NodeJS.Process,
    );
    return { source, calls };
  }

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ])('a second %s ends at once', (signal, exit_code) => {
    const { source, calls } = rig();
    source.emit('SIGTERM');
    vi.advanceTimersByTime(1000);
    source.emit(signal);
    expect(calls).toEqual([
      ['first', 'SIGTERM'],
      ['second', signal, exit_code],
    ]);
  });

  it('one that npm hands on beside the terminal is the same one', () => {
    const { source, calls } = rig();
    source.emit('SIGINT');
    vi.advanceTimersByTime(20);
    source.emit('SIGINT');
    expect(calls).toEqual([['first', 'SIGINT']]);
  });
});
