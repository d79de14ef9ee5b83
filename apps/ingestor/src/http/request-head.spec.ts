import { describe, expect, it } from 'vitest';
import type { HttpProblem } from './problem.js';
import { readHead } from './request-head.js';

const limits = { body_bytes: 100 };
const json = { 'content-type': 'application/json' };

function problemOf(headers: Record<string, string>): HttpProblem {
  try {
    readHead(headers, limits);
  } catch (error) {
    return error as HttpProblem;
  }
  throw new Error('it was taken');
}

describe('the head of a request', () => {
  it.each([
    ['text/csv', 'csv'],
    ['text/csv; charset=utf-8; header=present', 'csv'],
    ['Application/X-NDJSON', 'ndjson'],
    ['application/json;charset="UTF-8"', 'json'],
  ])('with %s has the format %s', (type, format) => {
    expect(readHead({ 'content-type': type }, limits)).toEqual({ format, gzip: false, key: null, size_bytes: null });
  });

  it.each(['', 'text/plain', 'application/xml', 'text/csv; charset=latin1', 'text/csv; header=absent', 'constructor'])(
    'with content type %j is refused, and says what is taken',
    (type) => {
      expect(problemOf({ 'content-type': type })).toMatchObject({
        code: 'FORMAT_UNSUPPORTED',
        headers: { 'accept-post': 'text/csv, application/x-ndjson, application/json' },
      });
    },
  );

  it('knows gzip, and refuses other encodings', () => {
    expect(readHead({ ...json, 'content-encoding': 'gzip' }, limits).gzip).toBe(true);
    expect(readHead({ ...json, 'content-encoding': 'identity' }, limits).gzip).toBe(false);
    for (const encoding of ['br', 'deflate', 'gzip, gzip']) {
      expect(problemOf({ ...json, 'content-encoding': encoding })).toMatchObject({
        code: 'FORMAT_UNSUPPORTED',
        headers: { 'accept-encoding': 'gzip' },
      });
    }
  });

  it('takes a key of 1 to 255 visible ASCII characters only', () => {
    for (const key of ['k', '"quoted"', 'k'.repeat(255), '!~']) {
      expect(readHead({ ...json, 'idempotency-key': key }, limits).key).toBe(key);
    }
    for (const key of ['', 'two words', 'one, two', 'k'.repeat(256), 'schlüssel', 'tab\t', 'nul\0']) {
      expect(problemOf({ ...json, 'idempotency-key': key }).code).toBe('REQUEST_INVALID');
    }
  });

  it('refuses a body that says to be empty or too large before it comes', () => {
    expect(readHead({ ...json, 'content-length': '100' }, limits).size_bytes).toBe(100);
    expect(problemOf({ ...json, 'content-length': '101' }).code).toBe('REQUEST_TOO_LARGE');
    expect(problemOf({ ...json, 'content-length': '0' }).code).toBe('REQUEST_INVALID');
  });
});
