import type { Transaction } from '../database.js';
import { quote } from '../identifiers.js';
import { giveDuplicatesView, giveSql, giveTables, relationsOfDataset } from './give-tables.js';
import { grantRights } from './grant-rights.js';
import { makeRoles } from './make-roles.js';
import { grantReach } from './reach.js';
import { READER, WRITER } from './rights.js';

export interface RolesReport {
  /** missing: the user may not make roles. not_owner: the schema is not the user's, its rights were not looked at. */
  state: 'made' | 'there' | 'missing' | 'not_owner';
  /** Relations of the schema `millrace` whose rights were changed. */
  granted: string[];
  /** Tables and views of datasets that became the writer's. */
  given: string[];
  /** What this user may not do: an administrator runs it, then `migrate` is run again. */
  administrator_sql: string[];
}

/** Makes the roles and their rights what they should be; changes nothing where they are. `SCHEMA_LOCK` is held. */
export async function updateRoles(tx: Transaction): Promise<RolesReport> {
  const { made, areThere, canGive, isOwner, user, database } = await makeRoles(tx);
  const report: RolesReport = { state: made ? 'made' : 'there', granted: [], given: [], administrator_sql: [] };
  if (!isOwner) return { ...report, state: 'not_owner' };
  if (!areThere) {
    const roles = [WRITER, READER].map((role) => `create role ${role} nologin`);
    return { ...report, state: 'missing', administrator_sql: [...roles, `grant ${WRITER} to ${quote(user)}`] };
  }
  if (!canGive) return { ...report, administrator_sql: [`grant ${WRITER} to ${quote(user)}`] };
  report.granted = await grantRights(tx);
  report.administrator_sql = await grantReach(tx, { database });
  // The first time only: until now nobody but the owner could write down what tables datasets have. Whatever the writer names there
  // later is not to be given to it; what `ensureDataset` is asked for is given as it is made.
  if (!(await giveDuplicatesView(tx))) return report;
  const { given, ungiven } = await giveTables(tx, await relationsOfDataset(tx));
  report.given.push('millrace.duplicates_named', ...given);
  report.administrator_sql.push(...ungiven.map(giveSql));
  return report;
}
