import type { Transaction } from '../database.js';
import { quote, tableName } from '../identifiers.js';
import { READER, WRITER } from './rights.js';
import { roleState } from './role-state.js';

/** Tables and views of datasets that another role owns still, and that this user may not give away. */
export interface Ungiven {
  name: string;
  owner: string;
}

/**
 * Makes these tables and views of datasets the writer's, whoever made them, so that any service may add columns to them, and lets
 * the reader read them. Where the roles are not there, or the user is no member of the writer, all stays as it is.
 */
export async function giveTables(
  tx: Transaction,
  names: readonly string[],
): Promise<{ given: string[]; ungiven: Ungiven[] }> {
  const { areThere, canGive } = await roleState(tx);
  if (!areThere || names.length === 0) return { given: [], ungiven: [] };
  const relations = await tx.query<{ name: string; owner: string; isOurs: boolean; isGiven: boolean; isRead: boolean }>(
    `select relname::text as name, pg_get_userbyid(relowner)::text as owner, pg_has_role(relowner, 'USAGE') as "isOurs",
       pg_get_userbyid(relowner) = $2 as "isGiven", has_table_privilege($3, oid, 'SELECT') as "isRead"
     from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') and relname = any ($1::text[])
     order by relname`,
    [names, WRITER, READER],
  );
  const mayOwn = canGive && (await mayOwnTables(tx));
  const given: string[] = [];
  const ungiven: Ungiven[] = [];
  for (const { name, owner, isOurs, isGiven, isRead } of relations) {
    if (!isGiven && !(isOurs && mayOwn)) {
      ungiven.push({ name, owner });
      continue;
    }
    if (!isGiven) {
      await tx.query(`alter table ${tableName(name)} owner to ${WRITER}`);
      given.push(name);
    }
    if (!isRead && isOurs) await tx.query(`grant select on ${tableName(name)} to ${READER}`);
  }
  return { given, ungiven };
}

/** Asked for before, as a refused statement would end the transaction. */
async function mayOwnTables(tx: Transaction): Promise<boolean> {
  const [{ may }] = await tx.query<{ may: boolean }>(`select has_schema_privilege($1, 'public', 'CREATE') as may`, [
    WRITER,
  ]);
  return may;
}

/** Tables and views of the last version of one dataset, or of all. */
export async function relationsOfDataset(tx: Transaction, dataset: string | null = null): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(
    `select distinct taken.name from millrace.datasets d
     cross join lateral (
       select d.table_name as name
       union all select entry ->> 0 from jsonb_array_elements(coalesce(d.shape -> 'gold', '[]')) as entry
       union all select entry ->> 0 from jsonb_array_elements(coalesce(d.shape -> 'views', '[]')) as entry) taken
     where ($1::text is null or d.name = $1)
       and d.version = (select max(version) from millrace.datasets latest where latest.name = d.name)`,
    [dataset],
  );
  return rows.map(({ name }) => name);
}

/**
 * The view of duplicates reads each dataset's table, so that who owns those must own it. A new owner must be allowed to make
 * things in the schema, for this moment only.
 */
export async function giveDuplicatesView(tx: Transaction): Promise<boolean> {
  const [view] = await tx.query<{ isGiven: boolean; isOurs: boolean }>(
    `select pg_get_userbyid(relowner) = $1 as "isGiven", pg_has_role(relowner, 'USAGE') as "isOurs"
     from pg_class where oid = to_regclass('millrace.duplicates_named')`,
    [WRITER],
  );
  if (!view || view.isGiven || !view.isOurs) return false;
  await tx.query(`grant create on schema millrace to ${WRITER};
    alter view millrace.duplicates_named owner to ${WRITER};
    revoke create on schema millrace from ${WRITER}`);
  return true;
}

export const giveSql = ({ name }: Ungiven): string => `alter table ${tableName(name)} owner to ${quote(WRITER)}`;
