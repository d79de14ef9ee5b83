import { describe, expect, it } from 'vitest';
import { HttpProblem } from '../problem.js';
import { Quota } from './quota.js';

function problemOf(work: () => void): HttpProblem | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof HttpProblem) return error;
    throw error;
  }
}

describe("a key's quota", () => {
  it('of rows is refused at the head once it is used up, with the time to wait', () => {
    const clock = { ms: 0 };
    const quota = new Quota({ rows_per_second: 100, bytes_per_second: null }, () => clock.ms);
    quota.check();
    quota.takeRows(500);
    quota.takeBytes(10 ** 9);
    const problem = problemOf(() => quota.check());
    expect(problem).toMatchObject({ code: 'RATE_LIMITED', headers: { 'retry-after': '4' } });
    expect(problemOf(() => quota.takeRows(1))?.code).toBe('RATE_LIMITED');
    clock.ms = 4000;
    expect(problemOf(() => quota.check())).toBeNull();
  });

  it('of bytes counts by itself', () => {
    const clock = { ms: 0 };
    const quota = new Quota({ rows_per_second: 1, bytes_per_second: 1000 }, () => clock.ms);
    quota.takeBytes(2000);
    expect(problemOf(() => quota.takeBytes(1))?.message).toContain('1000 bytes a second');
    expect(problemOf(() => quota.takeRows(1))).toBeNull();
  });

  it('without rates is without bound', () => {
    const quota = new Quota({ rows_per_second: null, bytes_per_second: null });
    for (let count = 0; count < 1000; count++) quota.takeRows(20_000);
    expect(problemOf(() => quota.check())).toBeNull();
  });
});
