import 'reflect-metadata';
import { DataSource, MigrationExecutor } from 'typeorm';
import { type Connection, connectionsOf } from './connection.js';
import type { Queryable, Transaction } from './database.js';
import { entities } from './entities.js';
import type { MigrationReport } from './migrate.js';
import { migrations } from './migrations/all.js';
import { updateRoles } from './roles/update-roles.js';

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

/** Schema, migrations and rights are there at once, or not at all: no service meets tables that it has no rights to. */
export async function runMigrations(url: string, connection: Connection): Promise<MigrationReport> {
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
