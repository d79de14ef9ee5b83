import { describe, expect, it } from 'vitest';
import { createFaultPoint, parseFaults } from './fault-point.js';

describe('fault point', () => {
  it('strikes at the chosen pass of the chosen name, and only then', () => {
    const struck: string[] = [];
    const pass = createFaultPoint('cleaner.before_ack:3,cleaner.after_ack', ({ name }) => struck.push(name));
    for (let i = 0; i < 5; i++) pass('cleaner.before_ack');
    pass('cleaner.before_commit');
    expect(struck).toEqual(['cleaner.before_ack']);
    pass('cleaner.after_ack');
    expect(struck).toEqual(['cleaner.before_ack', 'cleaner.after_ack']);
  });

  it('ends or stops the process, as it is told', () => {
    expect(parseFaults('a.b:3:stop,c.d')).toEqual([
      { name: 'a.b', pass: 3, signal: 'SIGSTOP' },
      { name: 'c.d', pass: 1, signal: 'SIGKILL' },
    ]);
  });

  it('does nothing when none is set', () => {
    const pass = createFaultPoint(undefined, () => {
      throw new Error('struck');
    });
    expect(() => pass('cleaner.before_ack')).not.toThrow();
    expect(parseFaults('')).toEqual([]);
  });
});
