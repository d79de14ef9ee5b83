import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTableSizes } from '@millrace/postgres';
import { generateSales } from '@millrace/testkit';
import { Millrace } from '../../measure/millrace.mjs';
import { withDatabase } from '../../measure/servers.mjs';

const BOUND = { timeout_ms: 10_000 };
const GOLD = ['sales_daily', 'sales_by_month_region_category', 'sales_by_product'];

/** Sizes in bytes, by what they are of. */
async function readSizes(database) {
  const [sales] = await database.query(
    `select pg_table_size('public.sales')::float8 as rows, pg_indexes_size('public.sales')::float8 as "index"`,
  );
  const tables = await readTableSizes(database, GOLD, BOUND);
  const sum = (of) => tables.filter(of).reduce((total, { size_bytes }) => total + Number(size_bytes), 0);
  return {
    'table, rows': sales.rows,
    'table, index of the key': sales.index,
    'gold tables': sum(({ schema }) => schema === 'public'),
    'books, rejects, duplicates': sum(({ schema }) => schema === 'millrace'),
  };
}

/**
 * What rows leave on disk in PostgreSQL; what they leave in topics and in its log is told by end-to-end.mjs.
 * @param {number} rows
 * @returns {Promise<{ rows: number, raw_bytes_per_row: number, bytes_per_row: Record<string, number> }>}
 */
export async function measureDisk(rows) {
  const home = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  chmodSync(home, 0o755);
  const millrace = new Millrace(join(home, 'state'));
  try {
    const directory = join(home, 'data');
    const { files } = generateSales({ rows, parts: 4, seed: 1, dup: 0.03, bad: 0.03, directory });
    const raw_bytes = files.reduce((total, { size_bytes }) => total + size_bytes, 0);
    await millrace.up();
    const { database_url } = await millrace.endpoints();
    const before = await withDatabase(database_url, readSizes);
    await millrace.runOnce(directory);
    const after = await withDatabase(database_url, readSizes);
    const bytes_per_row = Object.fromEntries(
      Object.entries(after).map(([name, bytes]) => [name, (bytes - before[name]) / rows]),
    );
    return { rows, raw_bytes_per_row: raw_bytes / rows, bytes_per_row };
  } finally {
    await millrace.reset();
    rmSync(home, { recursive: true, force: true });
  }
}
