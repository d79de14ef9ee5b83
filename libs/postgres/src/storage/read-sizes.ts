import type { Database } from '../database.js';
import { boundedQuery } from './bounded.js';

/** A table with its indexes and what it stores out of line. */
export interface TableSize {
  /** `public`, or `millrace` for the books' own tables. */
  schema: 'public' | 'millrace';
  table: string;
  size_bytes: number;
}

/** The sizes of these tables in `public` and of all in schema `millrace`; those that do not exist are left out. */
export function readTableSizes(
  db: Database,
  tables: readonly string[],
  { timeout_ms }: { timeout_ms: number },
): Promise<TableSize[]> {
  return boundedQuery(
    db,
    timeout_ms,
    `select schema, "table", size_bytes from (
       select n.nspname as schema, c.relname as "table", pg_total_relation_size(c.oid) as size_bytes
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p') and (n.nspname = 'millrace' or n.nspname = 'public' and c.relname = any ($1::text[]))
     ) as sizes
     where size_bytes is not null order by schema, "table"`,
    [tables],
  );
}

export async function readDatabaseSize(db: Database, { timeout_ms }: { timeout_ms: number }): Promise<number> {
  const [{ size_bytes }] = await boundedQuery<{ size_bytes: number }>(
    db,
    timeout_ms,
    'select pg_database_size(current_database()) as size_bytes',
  );
  return size_bytes;
}

/**
 * Where the server's write-ahead log stands, in bytes since its first; it only grows. As text, which a float holds rounded.
 * @throws errors of PostgreSQL where the server is a replica or does not tell its users
 */
export async function readWalPosition(db: Database, { timeout_ms }: { timeout_ms: number }): Promise<number> {
  const [{ bytes }] = await boundedQuery<{ bytes: string }>(
    db,
    timeout_ms,
    `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text as bytes`,
  );
  return Number(bytes);
}
