import { MillraceError } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { isConflict, isConnectionLost, isNotStorable, toMillraceError } from './errors.js';

const failure = (code: string, message = 'x') => Object.assign(new Error(message), { code });

describe('errors of PostgreSQL', () => {
  it('are sorted into lost connections, conflicts and values that cannot be stored', () => {
    const sorted = [
      '57P01',
      '08006',
      'ECONNREFUSED',
      '40P01',
      '40001',
      '22003',
      '54000',
      '23514',
      '23505',
      '22P04',
    ].map((code) =>
      [isConnectionLost(failure(code)), isConflict(failure(code)), isNotStorable(failure(code))].indexOf(true),
    );
    expect(sorted).toEqual([0, 0, 0, 1, 1, 2, 2, 2, -1, -1]);
    expect(isConnectionLost(new Error('Connection terminated unexpectedly'))).toBe(true);
  });

  it('get a code of the closed list where they have one, and pass as they are otherwise', () => {
    expect(toMillraceError(failure('53100'))).toMatchObject({ code: 'DISK_FULL', retriable: true });
    expect(toMillraceError(failure('57P03'))).toMatchObject({ code: 'POSTGRES_UNREACHABLE', retriable: true });
    const other = failure('42P01');
    expect(toMillraceError(other)).toBe(other);
    const known = new MillraceError('CONFIG_INVALID', 'x');
    expect(toMillraceError(known)).toBe(known);
  });
});
