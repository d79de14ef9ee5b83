import { ERROR_CODES, type ErrorCode, MillraceError } from '@millrace/contracts';
import { NotFoundException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { HttpProblem, PROBLEMS, problemDetails, toProblem } from './problem.js';

const secret = 'broker-7.internal:9092';
const fastifyError = (code: string, statusCode: number) => Object.assign(new Error('of Fastify'), { code, statusCode });

describe('a problem', () => {
  it('has the members of RFC 9457, its code and its place', () => {
    const problem = new HttpProblem('REQUEST_TOO_LARGE', 'Row 3 is long.', { place: { row: 3, column: 'region' } });
    expect(problemDetails(problem, 'urn:uuid:1')).toEqual({
      type: 'urn:millrace:problem:REQUEST_TOO_LARGE',
      title: 'The request is over a limit',
      status: 413,
      detail: 'Row 3 is long.',
      instance: 'urn:uuid:1',
      code: 'REQUEST_TOO_LARGE',
      row: 3,
      column: 'region',
    });
  });

  it.each([
    [new MillraceError('REQUEST_INVALID', 'at byte 7'), 'REQUEST_INVALID'],
    [new MillraceError('MESSAGE_TOO_LARGE', 'large'), 'REQUEST_TOO_LARGE'],
    [new MillraceError('KAFKA_UNREACHABLE', secret), 'KAFKA_UNREACHABLE'],
    [new MillraceError('POSTGRES_UNREACHABLE', secret), 'POSTGRES_UNREACHABLE'],
    [new MillraceError('STEP_THREW', secret), 'INTERNAL'],
    [new NotFoundException(), 'ROUTE_UNKNOWN'],
    [fastifyError('FST_ERR_CTP_BODY_TOO_LARGE', 413), 'REQUEST_TOO_LARGE'],
    [fastifyError('FST_ERR_CTP_INVALID_MEDIA_TYPE', 415), 'FORMAT_UNSUPPORTED'],
    [fastifyError('FST_ERR_BAD_URL', 400), 'REQUEST_INVALID'],
    [fastifyError('FST_ERR_SOMETHING', 500), 'INTERNAL'],
    [new TypeError(secret), 'INTERNAL'],
    [Object.assign(new Error(secret), { statusCode: 400 }), 'INTERNAL'],
    [undefined, 'INTERNAL'],
  ] as const)('stands for %s as %s', (error, code) => {
    expect(toProblem(error).code).toBe(code);
  });

  it('of ours tells nothing of the inside, whatever fails', () => {
    const own = ['REQUEST_INVALID', 'REQUEST_TOO_LARGE', 'SOURCE_UNREADABLE', 'HEADER_TOO_LONG', 'MESSAGE_TOO_LARGE'];
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      const problem = toProblem(new MillraceError(code, secret, { place: { topic: secret } }));
      const { status } = PROBLEMS[problem.code];
      expect([code, status >= 500]).toEqual([code, !own.includes(code)]);
      if (status < 500) continue;
      expect(JSON.stringify(problemDetails(problem, ''))).not.toContain(secret);
      expect(status === 503).toBe(problem.headers['retry-after'] !== undefined);
    }
  });
});
