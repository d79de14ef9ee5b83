import type { Queryable } from '../database.js';
import { tableName } from '../identifiers.js';

/** A column as it stands in the database. */
export interface TableColumn {
  name: string;
  /** As PostgreSQL names it, without collation: `numeric(18,4)`. */
  type: string;
  nullable: boolean;
  /** Whether a row may be written without it. */
  optional: boolean;
  /** PostgreSQL writes it itself. */
  generated: boolean;
}

/** `table`, `view`, or whatever else has that name; undefined when nothing has. */
export async function relationKind(db: Queryable, name: string): Promise<'table' | 'view' | 'other' | undefined> {
  const [found] = await db.query<{ kind: string }>(
    'select relkind::text as kind from pg_class where oid = to_regclass($1)',
    [tableName(name)],
  );
  if (!found) return undefined;
  return found.kind === 'r' ? 'table' : found.kind === 'v' ? 'view' : 'other';
}

export async function columnsOf(db: Queryable, table: string): Promise<Map<string, TableColumn>> {
  const rows = await db.query<TableColumn>(
    `select attname as name, format_type(atttypid, atttypmod) as type, not attnotnull as nullable,
       not attnotnull or atthasdef or attidentity <> '' as optional, attgenerated <> '' or attidentity = 'a' as generated
     from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
    [tableName(table)],
  );
  return new Map(rows.map((row) => [row.name, row]));
}

export async function hasRows(db: Queryable, table: string, condition = 'true'): Promise<boolean> {
  const [{ found }] = await db.query<{ found: boolean }>(
    `select exists (select from ${tableName(table)} where ${condition}) as found`,
  );
  return found;
}

/** What keeps rows out of a table, beside checks. */
export interface TableRule {
  name: string;
  kind: 'unique' | 'foreign key' | 'exclusion';
  /** Of a unique index over plain columns and all rows; otherwise null. */
  columns: string[] | null;
  /** The index belongs to a constraint of its name. */
  isConstraint: boolean;
}

export async function rulesOf(db: Queryable, table: string): Promise<TableRule[]> {
  return db.query(
    `select i.relname as name, 'unique' as kind, c.oid is not null as "isConstraint",
       case when x.indpred is null and x.indexprs is null then array(
         select a.attname::text from unnest(x.indkey::int2[]) with ordinality as k (attnum, at)
         join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.attnum
         where k.at <= x.indnkeyatts order by k.at) end as columns
     from pg_index x join pg_class i on i.oid = x.indexrelid
     left join pg_constraint c on c.conindid = x.indexrelid and c.conrelid = x.indrelid and c.contype in ('p', 'u')
     where x.indrelid = $1::regclass and x.indisunique
     union all
     select conname, case contype when 'f' then 'foreign key' else 'exclusion' end, true, null
     from pg_constraint where conrelid = $1::regclass and contype in ('f', 'x')`,
    [tableName(table)],
  );
}
