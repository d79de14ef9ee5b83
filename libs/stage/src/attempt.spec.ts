import { MillraceError } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { attemptTwice } from './attempt.js';

function failing(times: number, error: unknown) {
  const work = () => {
    work.calls++;
    if (work.calls <= times) throw error;
    return 'done';
  };
  work.calls = 0;
  return work;
}

describe('attemptTwice', () => {
  it('gives a step that throws once a second try on the same bytes', async () => {
    const work = failing(1, new Error('once'));
    expect(await attemptTwice(work)).toEqual({ value: 'done' });
    expect(work.calls).toBe(2);
  });

  it('refuses the bytes when it throws twice, with its own code or STEP_THREW', async () => {
    const unknown = failing(9, new TypeError('x is undefined'));
    expect(await attemptTwice(unknown)).toMatchObject({
      refused: { code: 'STEP_THREW', message: 'TypeError: x is undefined' },
    });
    expect(unknown.calls).toBe(2);
    const garbage = failing(9, new MillraceError('MESSAGE_GARBAGE', 'not ours'));
    expect(await attemptTwice(garbage)).toMatchObject({ refused: { code: 'MESSAGE_GARBAGE' } });
  });

  it.each([
    ['a retriable error of ours', new MillraceError('POSTGRES_UNREACHABLE', 'gone')],
    ['a system error', Object.assign(new Error('ENOSPC'), { syscall: 'write', code: 'ENOSPC' })],
    ['no memory', new RangeError('Array buffer allocation failed')],
  ])('never blames the bytes for a fault of the machine: %s', async (_name, error) => {
    const work = failing(9, error);
    await expect(attemptTwice(work)).rejects.toBe(error);
    expect(work.calls).toBe(1);
  });
});
