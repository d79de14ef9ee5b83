import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '@millrace/contracts';
import pg from 'pg';
import { type Connection, connectionsOf, describeTarget } from './connection.js';
import { isConnectionLost, mayPassOtherwise, toMillraceError } from './errors.js';
import { literal } from './identifiers.js';
import { rowTypes } from './row-types.js';

/** Whatever runs SQL. Rows: int2/4/8 as number (an int8 beyond 2^53 throws), numeric as text, date as `YYYY-MM-DD`, timestamptz as Date, bytea as Buffer. */
export interface Queryable {
  /** @throws MillraceError POSTGRES_UNREACHABLE, POSTGRES_REFUSED, DISK_FULL; other SQL errors as `pg` gives them (`code` = SQLSTATE) */
  query<T = Record<string, unknown>>(sql: string, params?: readonly unknown[]): Promise<T[]>;
}

export type Transaction = Queryable;

export interface Database extends Queryable {
  /** Runs `work` in one transaction on one connection: commits when it resolves, rolls back when it rejects. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Who asks, as `pg_stat_activity.application_name` shows it behind `millrace `, e.g. `aggregator-1`. */
  role?: string;
  /** Connections at most; 4 unless said otherwise. */
  max?: number;
}

/** A stopped or dead client must not hold locks for ever: the server ends it by these, should no successor do so. */
const SESSION = {
  statement_timeout: 120_000,
  lock_timeout: 30_000,
  idle_in_transaction_session_timeout: 60_000,
};
const KEEPALIVE = 'set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3;';

export class PostgresDatabase implements Database {
  constructor(
    readonly pool: pg.Pool,
    /** The one of the ways that the URL allows by which the server took us. */
    readonly connection: Connection,
  ) {}

  async query<T>(sql: string, params?: readonly unknown[]): Promise<T[]> {
    return run(this.pool, sql, params, this.connection);
  }

  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.withClient(async (client) => {
      const tx: Transaction = { query: (sql, params) => run(client, sql, params) };
      await tx.query('begin');
      try {
        const result = await work(tx);
        await commit(client);
        return result;
      } catch (error) {
        await client.query('rollback').catch(() => {});
        throw error;
      }
    });
  }

  /** Lends one connection; a connection that failed is closed instead of going back to the pool. */
  async withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect().catch((error) => {
      throw toMillraceError(error, describeTarget(this.connection));
    });
    // Without a listener a connection cut while idle between two statements would end the process.
    const ignore = () => {};
    client.on('error', ignore);
    let broken = false;
    try {
      return await work(client);
    } catch (error) {
      broken = isConnectionLost(error);
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

async function run<T>(
  on: pg.Pool | pg.ClientBase,
  sql: string,
  params?: readonly unknown[],
  connection?: Connection,
): Promise<T[]> {
  try {
    const result = await on.query(sql, params as unknown[] | undefined);
    return result.rows as T[];
  } catch (error) {
    throw toMillraceError(error, connection && describeTarget(connection));
  }
}

/** COMMIT of an aborted transaction answers ROLLBACK without an error: that must not pass for success. */
export async function commit(client: pg.ClientBase): Promise<void> {
  const { command } = await client.query('commit');
  if (command !== 'COMMIT') throw new Error(`COMMIT answered ${command}: the transaction had failed before`);
}

function createPool(connection: Connection, options: DatabaseOptions): pg.Pool {
  const pool = new pg.Pool({
    ...connection,
    max: options.max ?? 4,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    types: rowTypes,
    ...SESSION,
    onConnect: async (client) => {
      // Here and not in the options, as a URL with its own application_name would win: a successor knows us by this name.
      await client.query(`${KEEPALIVE} set application_name = ${literal(`millrace ${options.role ?? 'client'}`)}`);
    },
  });
  // An idle connection that the server closed: the pool drops it, the next query opens another.
  pool.on('error', () => {});
  return pool;
}

/**
 * TLS and the password are as the URL and the PG* variables say, see connection.ts.
 * @throws MillraceError POSTGRES_UNREACHABLE, POSTGRES_REFUSED, POSTGRES_TOO_OLD, ENVIRONMENT_INVALID
 */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  const ways = connectionsOf(url);
  for (let index = 0; ; index++) {
    const database = new PostgresDatabase(createPool(ways[index], options), ways[index]);
    try {
      await requireVersion(database);
      return database;
    } catch (error) {
      await database.close().catch(() => {});
      if (index + 1 === ways.length || !mayPassOtherwise(error)) throw error;
    }
  }
}

/** Waits until the server takes connections. @throws MillraceError POSTGRES_UNREACHABLE after `timeout_ms`, POSTGRES_REFUSED at once */
export async function waitForDatabase(url: string, timeout_ms: number): Promise<void> {
  const deadline = Date.now() + timeout_ms;
  for (;;) {
    try {
      const database = await openDatabase(url, { role: 'wait', max: 1 });
      await database.close();
      return;
    } catch (error) {
      if (!isConnectionLost(error) || Date.now() >= deadline) throw error;
    }
    await sleep(200);
  }
}

async function requireVersion(database: Database): Promise<void> {
  const [{ version, number }] = await database.query<{ version: string; number: number }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::int as number`,
  );
  if (number < 150_000) {
    throw new MillraceError('POSTGRES_TOO_OLD', `PostgreSQL ${version} is too old: 15 or later is needed`);
  }
}
