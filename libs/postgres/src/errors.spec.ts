import { MillraceError } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { isConflict, isConnectionLost, isNotStorable, mayPassOtherwise, toMillraceError } from './errors.js';

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

  it('are refusals, which no waiting mends, when they are about the user, the database or a certificate', () => {
    const refused = [
      [failure('28P01', 'password authentication failed for user "u"'), /at h:1\/d .*user "u".*PGPASSWORD/, false],
      [failure('28000', 'no pg_hba.conf entry, no encryption'), /sslmode to require/, true],
      [failure('28000', 'role "u" does not exist'), /pg_hba\.conf/, true],
      [failure('3D000', 'database "d" does not exist'), /DATABASE_URL/, false],
      [new Error('client password must be a string'), /PGPASSWORD_FILE/, false],
      [new Error('The server does not support SSL connections'), /sslmode=disable/, true],
      [failure('CERT_HAS_EXPIRED'), /expired; renew it/, true],
      [failure('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), /sslrootcert/, true],
      [failure('ERR_TLS_CERT_ALTNAME_INVALID'), /another name/, true],
    ] as const;
    for (const [error, text, otherwise] of refused) {
      const refusal = toMillraceError(error, 'h:1/d');
      expect(refusal).toMatchObject({
        code: 'POSTGRES_REFUSED',
        retriable: false,
        message: expect.stringMatching(text),
      });
      expect(mayPassOtherwise(refusal), String(text)).toBe(otherwise);
      expect(isConnectionLost(refusal)).toBe(false);
    }
    expect(mayPassOtherwise(toMillraceError(failure('ECONNREFUSED')))).toBe(false);
  });
});
