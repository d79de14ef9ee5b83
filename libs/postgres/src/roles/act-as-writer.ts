import type { Transaction } from '../database.js';
import { WRITER } from './rights.js';
import { roleState } from './role-state.js';

/**
 * For the rest of the transaction only what the writer may: what the datasets' tables have of triggers, indexes and defaults is
 * run by whoever changes them, and a service that was broken into must not reach the owner that way. Not where the roles or their
 * rights are not there, nor where one of these tables belongs to somebody else (one that is to be taken over).
 */
export async function actAsWriter(tx: Transaction, names: readonly string[]): Promise<void> {
  const { areThere, canGive } = await roleState(tx);
  if (!areThere || !canGive) return;
  const [{ isPossible }] = await tx.query<{ isPossible: boolean }>(
    `select has_schema_privilege($1, 'public', 'CREATE') and has_schema_privilege($1, 'millrace', 'USAGE')
       and has_table_privilege($1, 'millrace.datasets', 'UPDATE')
       and not exists (
         select from pg_class where pg_get_userbyid(relowner) <> $1 and (
           relnamespace = 'public'::regnamespace and relname = any ($2::text[])
           or oid = 'millrace.duplicates_named'::regclass)) as "isPossible"`,
    [WRITER, names],
  );
  if (isPossible) await tx.query(`set local role ${WRITER}`);
}
