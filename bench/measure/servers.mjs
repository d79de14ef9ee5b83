/** The servers that a Millrace has started, or the same PostgreSQL alone for whoever is compared with it. */
import { rmSync } from 'node:fs';
import { startEmbedded } from '@millrace/embedded';
import { openDatabase, readWalPosition } from '@millrace/postgres';
import { pidListeningOn } from './processes.mjs';

/**
 * @param {import('./millrace.mjs').Millrace} millrace that is up
 * @returns {Promise<{ database_url: string, kafka_brokers: string, postgres: number, broker: number }>} the latter are pids
 */
export async function findServers(millrace) {
  const { database_url, kafka_brokers } = await millrace.endpoints();
  const postgres = pidListeningOn(Number(new URL(database_url).port || 5432));
  const broker = pidListeningOn(Number(kafka_brokers.split(',')[0].split(':').at(-1)));
  if (!postgres || !broker) throw new Error('no process listens on the ports of PostgreSQL and Kafka');
  return { database_url, kafka_brokers, postgres, broker };
}

/**
 * Starts the PostgreSQL that Millrace has in it, with the same settings and nothing else beside it, for the time of `work`.
 * @template T @param {string} home a fresh directory @param {(servers: { database_url: string, postgres: number }) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withPostgres(home, work) {
  const servers = await startEmbedded(home);
  try {
    process.kill(servers.pids.kafka, 'SIGKILL');
    return await work({ database_url: servers.database_url, postgres: servers.pids.postgres });
  } finally {
    await servers.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

/** Opens a database for one piece of work. @template T @param {string} url @param {(database: import('@millrace/postgres').Database) => Promise<T>} work */
export async function withDatabase(url, work) {
  const database = await openDatabase(url, { role: 'bench', max: 1 });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/**
 * Runs `work` from a checkpoint on, so that it does not pay for what was written before it.
 * @template T @param {string} url @param {() => Promise<T>} work
 * @returns {Promise<T & { wal_bytes: number }>} what it gave, and the write-ahead log that was written meanwhile
 */
export async function withWal(url, work) {
  const position = () => withDatabase(url, (database) => readWalPosition(database, { timeout_ms: 10_000 }));
  await withDatabase(url, (database) => database.query('checkpoint'));
  const before = await position();
  const result = await work();
  return { ...result, wal_bytes: (await position()) - before };
}
