import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { openDatabase, PostgresDatabase } from './database.js';
import { entities } from './entities.js';
import { toMillraceError } from './errors.js';
import { SCHEMA_LOCK } from './locks.js';
import { Spine1763700000001 } from './migrations/0001-spine.js';
import { Live1764000000002 } from './migrations/0002-live.js';
import { Datasets1764000000003 } from './migrations/0003-datasets.js';

export function createDataSource(url: string): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    schema: 'millrace',
    entities,
    migrations: [Spine1763700000001, Live1764000000002, Datasets1764000000003],
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'all',
    installExtensions: false,
    applicationName: 'millrace migrate',
    extra: { max: 1 },
  });
}

/**
 * Brings the `millrace` schema up to date; safe to call from several processes at once.
 * @throws MillraceError POSTGRES_TOO_OLD, POSTGRES_UNREACHABLE
 */
export async function migrate(url: string): Promise<void> {
  const database = (await openDatabase(url, { role: 'migrate', max: 1 })) as PostgresDatabase;
  try {
    await database.withClient(async (client) => {
      // Held on its own connection, as TypeORM migrates on another: whoever waits here waits as long as it takes.
      await client.query('set statement_timeout = 0; set lock_timeout = 0');
      await client.query('select pg_advisory_lock($1)', [SCHEMA_LOCK]);
      await client.query('create schema if not exists millrace');
      const dataSource = createDataSource(url);
      try {
        await dataSource.initialize();
        await dataSource.runMigrations();
      } catch (error) {
        throw toMillraceError(error);
      } finally {
        if (dataSource.isInitialized) await dataSource.destroy();
        await client.query('select pg_advisory_unlock($1)', [SCHEMA_LOCK]);
      }
    });
  } finally {
    await database.close();
  }
}
