import type { Queryable } from '../database.js';
import { sqlState } from '../errors.js';
import { migrations } from './all.js';

const NAMES = migrations.map(({ name }) => name);
/** No table, no schema. */
const MISSING = new Set(['42P01', '3F000']);

/**
 * Migrations that this program has and the database lacks, in their order; all of them where there is no schema yet. What a newer
 * program has brought in is no trouble. A user without rights to the schema gets one entry that says so: they may be on their way.
 */
export async function pendingMigrations(db: Queryable): Promise<string[]> {
  try {
    const rows = await db.query<{ name: string }>('select name from millrace.migrations');
    const applied = new Set(rows.map(({ name }) => name));
    return NAMES.filter((name) => !applied.has(name));
  } catch (error) {
    if (MISSING.has(sqlState(error) ?? '')) return NAMES;
    if (sqlState(error) !== '42501') throw error;
    const [{ user }] = await db.query<{ user: string }>('select current_user::text as user');
    return [`rights of ${user} to the schema millrace (grant millrace_writer to it)`];
  }
}
