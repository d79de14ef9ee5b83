import 'reflect-metadata';
import { MillraceError } from '@millrace/contracts';
import { DataSource, MigrationExecutor } from 'typeorm';
import { type Connection, connectionsOf } from './connection.js';
import { openDatabase, PostgresDatabase, type Queryable, type Transaction } from './database.js';
import { entities } from './entities.js';
import { sqlState, toMillraceError } from './errors.js';
import { SCHEMA_LOCK } from './locks.js';
import { migrations } from './migrations/all.js';
import { pendingMigrations } from './migrations/pending.js';
import { type RolesReport, updateRoles } from './roles/update-roles.js';

/** @param connection the one that is known to work, of those that the URL allows */
export function createDataSource(url: string, [connection]: Connection[] = connectionsOf(url)): DataSource {
  return new DataSource({
    type: 'postgres',
    schema: 'millrace',
    entities,
    migrations,
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'all',
    installExtensions: false,
    applicationName: 'millrace migrate',
    extra: { ...connection, max: 1 },
  });
}

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
        if (pending.length > 0) return await runMigrations(url, database.connection);
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

/** Schema, migrations and rights are there at once, or not at all: no service meets tables that it has no rights to. */
async function runMigrations(url: string, connection: Connection): Promise<MigrationReport> {
  const dataSource = createDataSource(url, [connection]);
  try {
    await dataSource.initialize();
    const runner = dataSource.createQueryRunner();
    try {
      await runner.startTransaction();
      const tx: Transaction = { query: (sql, params) => runner.query(sql, params as unknown[]) };
      await makeSchema(tx);
      const applied = await new MigrationExecutor(dataSource, runner).executePendingMigrations();
      const roles = await updateRoles(tx);
      await runner.commitTransaction();
      return { applied: applied.map(({ name }) => name), roles };
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => {});
      throw error;
    } finally {
      await runner.release();
    }
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

/** Not by `if not exists`, which asks for rights to the database also where the schema is there. */
async function makeSchema(tx: Queryable): Promise<void> {
  const [{ isThere }] = await tx.query<{ isThere: boolean }>(
    `select to_regnamespace('millrace') is not null as "isThere"`,
  );
  if (!isThere) await tx.query('create schema millrace');
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
