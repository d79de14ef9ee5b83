import { MillraceError } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { isRebalance, isTopicMissing, toMillraceError } from './failure.js';

const broker = (type: string) => Object.assign(new Error(type), { type });
const wrapped = (cause: unknown) => new Error('retries exceeded', { cause });

describe('failures of the client', () => {
  it('are seen through the wrapping of its retries', () => {
    expect(isRebalance(wrapped(wrapped(broker('ILLEGAL_GENERATION'))))).toBe(true);
    expect(isTopicMissing(wrapped(broker('UNKNOWN_TOPIC_OR_PARTITION')))).toBe(true);
    expect(isRebalance(wrapped(broker('NOT_LEADER_FOR_PARTITION')))).toBe(false);
  });

  it('become errors of ours, once', () => {
    const unreachable = toMillraceError(wrapped(new Error('ECONNREFUSED')), 'publishing');
    expect(unreachable).toMatchObject({ code: 'KAFKA_UNREACHABLE', retriable: true });
    expect(toMillraceError(unreachable, 'again')).toBe(unreachable);
    expect(toMillraceError(wrapped(broker('MESSAGE_TOO_LARGE')), 'publishing').code).toBe('MESSAGE_TOO_LARGE');
  });

  it('end even when causes go in circles', () => {
    const error = new Error('a') as Error & { cause: unknown };
    error.cause = error;
    expect(toMillraceError(error, 'x')).toBeInstanceOf(MillraceError);
  });
});
