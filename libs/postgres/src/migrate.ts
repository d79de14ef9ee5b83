import { MillraceError } from '@millrace/contracts';
import { openDatabase, type PostgresDatabase, type Queryable } from './database.js';
import { sqlState, toMillraceError } from './errors.js';
import { SCHEMA_LOCK } from './locks.js';
import { pendingMigrations } from './migrations/pending.js';
import { type RolesReport, updateRoles } from './roles/update-roles.js';

export interface MigrationReport {
  /** Names of the migrations that were run, in their order. */
  applied: string[];
  roles: RolesReport;
}

/**
 * Brings the `millrace` schema, its roles and their rights up to date, in one transaction; safe to call from several processes at
 * once. Where nothing is pending, a user that does not own the schema changes nothing.
 * @throws MillraceError POSTGRES_TOO_OLD, POSTGRES_UNREACHABLE; ENVIRONMENT_INVALID when the user may not migrate
 */
export async function migrate(url: string): Promise<MigrationReport> {
  // Two connections, as the lock is held on its own: whoever waits there waits as long as it takes.
  const database = (await openDatabase(url, { role: 'migrate', max: 2 })) as PostgresDatabase;
  try {
    return await database.withClient(async (client) => {
      await client.query('set statement_timeout = 0; set lock_timeout = 0');
      await client.query('select pg_advisory_lock($1)', [SCHEMA_LOCK]);
      try {
        const pending = await pendingMigrations(database);
        if (pending.length > 0) {
          // Loaded for this alone: TypeORM would be a tenth of what the start of a command or a service takes.
          const { runMigrations } = await import('./run-migrations.js');
          return await runMigrations(url, database.connection);
        }
        return { applied: [], roles: await database.transaction(updateRoles) };
      } catch (error) {
        throw await explained(error, database);
      } finally {
        await client.query('select pg_advisory_unlock($1)', [SCHEMA_LOCK]);
      }
    });
  } finally {
    await database.close();
  }
}

async function explained(error: unknown, db: Queryable): Promise<unknown> {
  if (sqlState(error) !== '42501') return toMillraceError(error);
  const [{ user }] = await db.query<{ user: string }>('select current_user::text as user');
  return new MillraceError(
    'ENVIRONMENT_INVALID',
    `PostgreSQL's user ${user} may not bring the schema millrace up to date (${(error as Error).message}): run millrace migrate ` +
      'as the owner of the database, see docs/security.md',
    { cause: error },
  );
}
