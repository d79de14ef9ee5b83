import type { Queryable, Transaction } from '../database.js';
import { literal, quote } from '../identifiers.js';
import { type Privilege, READER, RIGHTS, type Rights, WRITER } from './rights.js';

/** One right as the catalog has it; column null: of the whole table. */
interface Right {
  relation: string;
  role: string;
  privilege: string;
  column: string | null;
}

/** What the roles may do with the relations of the schema `millrace`; what they own is no right of theirs. */
export function rightsNow(db: Queryable): Promise<Right[]> {
  return db.query(
    `select c.relname::text as relation, g.rolname::text as role, lower(a.privilege_type) as privilege, a.column
     from pg_class c
     cross join lateral (
       select grantee, privilege_type, null::text as column from aclexplode(c.relacl)
       union all
       select acl.grantee, acl.privilege_type, att.attname from pg_attribute att
       cross join lateral aclexplode(att.attacl) acl
       where att.attrelid = c.oid and not att.attisdropped) a
     join pg_roles g on g.oid = a.grantee
     where c.relnamespace = 'millrace'::regnamespace and g.rolname in (${literal(WRITER)}, ${literal(READER)})
       and g.oid <> c.relowner`,
  );
}

/** Gives the roles exactly what `RIGHTS` says. @returns the relations whose rights were other ones */
export async function grantRights(tx: Transaction): Promise<string[]> {
  const found = await tx.query<{ name: string }>(
    `select relname::text as name from pg_class where relnamespace = 'millrace'::regnamespace and relkind in ('r', 'v')`,
  );
  const there = new Set(found.map(({ name }) => name));
  const now = await rightsNow(tx);
  const changed: string[] = [];
  for (const [relation, { writer, reader }] of Object.entries(RIGHTS)) {
    if (!there.has(relation)) continue;
    for (const [role, rights] of [
      [WRITER, writer],
      [READER, reader],
    ] as const) {
      const has = now.filter((right) => right.relation === relation && right.role === role);
      if (sameRights(has, rights)) continue;
      await tx.query(grantSql(relation, role, rights));
      if (!changed.includes(relation)) changed.push(relation);
    }
  }
  return changed;
}

const entries = (rights: Rights) => Object.entries(rights) as [Privilege, readonly string[] | '*'][];

function sameRights(has: Right[], wanted: Rights): boolean {
  const list = entries(wanted).flatMap(([privilege, of]) =>
    of === '*' ? [`${privilege} *`] : of.map((column) => `${privilege} (${column})`),
  );
  const now = has.map(({ privilege, column }) => `${privilege} ${column === null ? '*' : `(${column})`}`);
  return list.sort().join() === now.sort().join();
}

function grantSql(relation: string, role: string, rights: Rights): string {
  const name = `millrace.${quote(relation)}`;
  const list = entries(rights).map(([privilege, of]) =>
    of === '*' ? privilege : `${privilege} (${of.map(quote).join(', ')})`,
  );
  const grant = list.length > 0 ? `; grant ${list.join(', ')} on ${name} to ${role}` : '';
  return `revoke all on ${name} from ${role}${grant}`;
}
