import { MillraceError } from '@millrace/contracts';
import { type PostgresError, sqlState } from '../errors.js';

export function refuse(message: string): never {
  throw new MillraceError('CONFIG_INVALID', message);
}

/** Data that do not fit (22, 23), what cannot be converted (42804, 42846), what others hang on (2BP01, 0A000), what is no valid SQL. */
const REFUSED = /^(22|23|2BP01|0A000|42804|42846|42883|42P16|42703|42601|54)/;

/**
 * Runs a change that the user's own data or objects may stand against. The transaction is lost then.
 * @throws MillraceError CONFIG_INVALID with what the server said
 */
export async function attempt<T>(what: string, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!REFUSED.test(sqlState(error) ?? '')) throw error;
    const { message, detail } = error as PostgresError;
    throw new MillraceError('CONFIG_INVALID', `${what}: ${message}${detail ? ` (${detail})` : ''}`, { cause: error });
  }
}

/** What this user may not do is no fault of the config: it is told whose rights are missing. @throws MillraceError ENVIRONMENT_INVALID */
export async function explainRights<T>(dataset: string, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (sqlState(error) !== '42501') throw error;
    throw new MillraceError(
      'ENVIRONMENT_INVALID',
      `dataset ${dataset}: the user of DATABASE_URL may not change its tables (${(error as Error).message}): grant millrace_writer ` +
        'to it, and run millrace migrate as the owner of the database, see docs/security.md',
      { cause: error },
    );
  }
}
