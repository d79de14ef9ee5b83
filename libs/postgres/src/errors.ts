import { MillraceError } from '@millrace/contracts';
import { type TlsRefusal, tlsRefusal } from '@millrace/telemetry/tls';

/** What `pg` throws: a server's error has a SQLSTATE in `code`, a socket's an errno. */
export interface PostgresError extends Error {
  code?: string;
  detail?: string;
  where?: string;
  column?: string;
  constraint?: string;
}

const UNREACHABLE = /^(ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT)/;
const LOST =
  /Connection terminated|connection (was )?closed|Client has encountered a connection error|not queryable|timeout exceeded when trying to connect|Connection ended/i;

export function sqlState(error: unknown): string | undefined {
  const code = (error as PostgresError | undefined)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !UNREACHABLE.test(code) ? code : undefined;
}

/** The server is gone, going, starting or full of connections: the same work may succeed on a new connection. */
export function isConnectionLost(error: unknown): boolean {
  const state = sqlState(error);
  if (state) return /^(08|57P0[1-5]|53300|25P03|25P04)/.test(state);
  if (error instanceof MillraceError) return error.code === 'POSTGRES_UNREACHABLE';
  const code = (error as PostgresError | undefined)?.code ?? '';
  return UNREACHABLE.test(code) || (error instanceof Error && LOST.test(error.message));
}

/** Serialization failure, deadlock, a lock or statement that took too long: the same transaction may succeed when run again. */
export function isConflict(error: unknown): boolean {
  return ['40001', '40P01', '55P03', '57014'].includes(sqlState(error) ?? '');
}

/**
 * PostgreSQL cannot hold this value: 22* data, 54* over a limit, 23502 and 23514 where a user's table asks for more than the
 * config. Not 22P03/22P04: those would be our encoder's fault.
 */
export function isNotStorable(error: unknown): boolean {
  const state = sqlState(error) ?? '';
  return /^(22|54)/.test(state) ? state !== '22P03' && state !== '22P04' : state === '23514' || state === '23502';
}

export const isUniqueViolation = (error: unknown): boolean => sqlState(error) === '23505';

const CERTIFICATE_ADVICE: Record<TlsRefusal['kind'], string> = {
  authority: "name the authority's certificate in sslrootcert (or PGSSLROOTCERT)",
  identity: 'use a name of the certificate in DATABASE_URL; sslmode=verify-ca does without the name',
  validity: 'renew it on the server',
  client: 'set sslcert and sslkey (or PGSSLCERT and PGSSLKEY)',
  no_tls: 'set up TLS on the server, or use sslmode=disable where the network is safe',
};

/** Why the server does not take us, and what to do. */
interface Refusal {
  reason: string;
  /** Whether it may take us with TLS instead of without, or the other way round. */
  otherwise: boolean;
}

/** undefined for all that may pass by itself. */
function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof Error)) return undefined;
  const { message } = error;
  const refusal = (advice: string, otherwise = false) => ({ reason: `${message}: ${advice}`, otherwise });
  switch (sqlState(error)) {
    case '28P01':
      return refusal('check user and password (DATABASE_URL, PGPASSWORD, or their _FILE)');
    case '28000':
      return /no encryption|SSL off/.test(message)
        ? refusal('it may take TLS only: set sslmode to require or, with sslrootcert, to verify-full', true)
        : refusal("check the user, and the server's pg_hba.conf", true);
    case '3D000':
      return refusal('create it, or correct DATABASE_URL');
  }
  if (/password must be a/.test(message)) {
    const reason = 'it asks for a password: give one in DATABASE_URL, PGPASSWORD or PGPASSWORD_FILE';
    return { reason, otherwise: false };
  }
  const tls = /does not support SSL/.test(message)
    ? ({ kind: 'no_tls', reason: 'it speaks no TLS, which sslmode asks for' } as const)
    : tlsRefusal(String((error as PostgresError).code), message);
  return tls && { reason: `${tls.reason}; ${CERTIFICATE_ADVICE[tls.kind]}`, otherwise: true };
}

/** Whether a refused connection may be taken with TLS instead of without, or the other way round. */
export function mayPassOtherwise(error: unknown): boolean {
  return (
    error instanceof MillraceError && error.code === 'POSTGRES_REFUSED' && refusalOf(error.cause)?.otherwise === true
  );
}

/**
 * Gives an error of `pg` a code of the closed list where it has one; all others pass as they are.
 * @param target the server, for people
 */
export function toMillraceError(error: unknown, target?: string): unknown {
  if (error instanceof MillraceError) return error;
  const text = error instanceof Error ? error.message || String((error as PostgresError).code) : String(error);
  if (sqlState(error) === '53100') {
    return new MillraceError(
      'DISK_FULL',
      `PostgreSQL has no space left: ${text}. Free space; the work goes on by itself`,
      {
        cause: error,
      },
    );
  }
  if (isConnectionLost(error) || isConflict(error)) {
    return new MillraceError('POSTGRES_UNREACHABLE', `PostgreSQL: ${text}`, { cause: error });
  }
  const refusal = refusalOf(error);
  if (refusal) {
    const server = target ? `PostgreSQL at ${target}` : 'PostgreSQL';
    return new MillraceError('POSTGRES_REFUSED', `${server} does not take us: ${refusal.reason}`, { cause: error });
  }
  return error;
}
