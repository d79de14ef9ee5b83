import type { Transaction } from '../database.js';
import { quote } from '../identifiers.js';
import { READER, WRITER } from './rights.js';
import type { RoleState } from './role-state.js';

/** What a role needs of the database and its schemas, before any table. */
const NEEDS = [
  { role: WRITER, of: 'database', privilege: 'connect' },
  { role: READER, of: 'database', privilege: 'connect' },
  { role: WRITER, of: 'database', privilege: 'temporary' },
  { role: WRITER, of: 'millrace', privilege: 'usage' },
  { role: READER, of: 'millrace', privilege: 'usage' },
  { role: WRITER, of: 'public', privilege: 'usage' },
  { role: READER, of: 'public', privilege: 'usage' },
  // It makes the datasets' tables.
  { role: WRITER, of: 'public', privilege: 'create' },
] as const;

/** Grants what is missing. @returns SQL for what this user may not grant */
export async function grantReach(tx: Transaction, { database }: Pick<RoleState, 'database'>): Promise<string[]> {
  const refused: string[] = [];
  for (const { role, of, privilege } of NEEDS) {
    const [kind, name] = of === 'database' ? ['database', database] : ['schema', of];
    const [{ has, may }] = await tx.query<{ has: boolean; may: boolean }>(
      `select has_${kind}_privilege($1, $2, $3) as has, has_${kind}_privilege($2, $3 || ' WITH GRANT OPTION') as may`,
      [role, name, privilege],
    );
    if (has) continue;
    const sql = `grant ${privilege} on ${kind} ${quote(name)} to ${role}`;
    if (may) await tx.query(sql);
    else refused.push(sql);
  }
  return refused;
}
