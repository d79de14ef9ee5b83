import type { Transaction } from '../database.js';
import { READER, WRITER } from './rights.js';
import { type RoleState, roleState } from './role-state.js';

/**
 * Makes the roles where the user may, and the user a member of the writer, so that what it makes can be the writer's. Roles are
 * the server's, not the database's: another database's migration may make them at this moment.
 */
export async function makeRoles(tx: Transaction): Promise<RoleState & { made: boolean }> {
  const before = await roleState(tx);
  if (!before.isOwner) return { ...before, made: false };
  const made = !before.areThere && before.mayMakeRoles;
  if (made) {
    for (const role of [WRITER, READER]) await unlessThere(tx, `create role ${role} nologin`);
  }
  if (made || (before.areThere && before.mayMakeRoles && !before.canGive)) {
    // Since 16 only who has the role's ADMIN option may: whoever made it.
    await unlessThere(
      tx,
      `if not (select rolsuper from pg_roles where rolname = current_user) then
      grant ${WRITER} to current_user; end if`,
    );
  }
  return { ...(await roleState(tx)), made };
}

function unlessThere(tx: Transaction, statement: string): Promise<unknown> {
  return tx.query(`do $$ begin ${statement};
    exception when duplicate_object or unique_violation or insufficient_privilege then null; end $$`);
}
