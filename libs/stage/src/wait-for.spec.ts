import { MillraceError } from '@millrace/contracts';
import { describe, expect, it, vi } from 'vitest';
import { NotYet, waitFor } from './wait-for.js';

function rig() {
  const told: [string | undefined, boolean][] = [];
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const ending = new AbortController();
  const onAttempt = (missing: string | undefined, answered: boolean) => void told.push([missing, answered]);
  return { told, log, ending, options: { signal: ending.signal, log, onAttempt, first_pause_ms: 1 } };
}

/** Throws these one after the other, then answers. */
function attempts(...errors: unknown[]) {
  return async () => {
    if (errors.length === 0) return 'there';
    throw errors.shift();
  };
}

const refused = Object.assign(new Error('password authentication failed for user "x"'), { code: '28P01' });

describe('waiting', () => {
  it('goes on until it is there, and tells each time what is missing, why, and when it tries again', async () => {
    const { told, log, options } = rig();
    const gone = new MillraceError('POSTGRES_UNREACHABLE', 'PostgreSQL: connect ECONNREFUSED');
    expect(await waitFor('PostgreSQL', attempts(gone, new NotYet('it lacks 0004'), gone), options)).toBe('there');
    expect(told).toEqual([
      [gone.message, false],
      ['it lacks 0004', true],
      [gone.message, false],
      [undefined, true],
    ]);
    expect(log.warn.mock.calls[0]).toEqual([
      { code: 'POSTGRES_UNREACHABLE', reason: gone.message, next_try_ms: 1 },
      'waiting for PostgreSQL',
    ]);
    expect(log.warn.mock.calls.map(([{ next_try_ms }]) => next_try_ms)).toEqual([1, 2, 4]);
    expect(log.info).toHaveBeenCalledWith('PostgreSQL there');
  });

  it('says nothing of what is there at once', async () => {
    const { log, options } = rig();
    await waitFor('Kafka', attempts(), options);
    expect(log.info).not.toHaveBeenCalled();
  });

  it('waits as well where it is refused, and calls that an error: a secret may be on its way', async () => {
    const { log, told, options } = rig();
    const kafka = new MillraceError('KAFKA_REFUSED', 'SASL authentication failed');
    await waitFor('PostgreSQL', attempts(refused, kafka), options);
    expect(log.error).toHaveBeenCalledTimes(2);
    expect(log.warn).not.toHaveBeenCalled();
    expect(told[0]).toEqual(['password authentication failed for user "x"', false]);
  });

  it.each([
    new MillraceError('CONFIG_INVALID', 'topic silver.sales has 4 partitions'),
    new MillraceError('ENVIRONMENT_INVALID', 'no such file'),
    new TypeError('bug'),
    Object.assign(new Error('bug'), { code: 'ERR_INVALID_ARG_TYPE' }),
  ])('does not wait for what no server can mend: %s', async (error) => {
    const { options } = rig();
    await expect(waitFor('Kafka', attempts(error), options)).rejects.toBe(error);
  });

  it('ends when the service does, also in a pause', async () => {
    const { ending, options } = rig();
    const waiting = waitFor('Kafka', attempts(...Array(99).fill(refused)), { ...options, first_pause_ms: 60_000 });
    const reason = new Error('the service ends');
    setImmediate(() => ending.abort(reason));
    await expect(waiting).rejects.toBe(reason);
  });
});
