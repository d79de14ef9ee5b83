import type { Counts, GoldRow } from '../answer-key.js';
import { digestSql } from '../digest.js';
import { canonicalDecimal } from '../expect/differences.js';
import type { Queries } from '../expect/found-in-database.js';
import { canonicalSql } from './canonical.js';
import type { GoldAnswer, TableAnswer } from './table-answer.js';

export interface TableBook extends Counts {
  source: number;
  path: string;
  balanced: boolean;
  complete: boolean;
}

/** @param name with no quotes in it */
const quoted = (name: string) => `"${name}"`;
const relation = (table: string) => `public.${quoted(table)}`;

export async function readTableBooks(database: Queries, dataset: string): Promise<TableBook[]> {
  return database.query<TableBook>(
    `select source::int, path, rows_in::int, written::int, duplicates::int, rejected::int, skipped::int, balanced, complete,
       coalesce((select json_object_agg(code, rows) from (select code, count(*)::int as rows from millrace.rejects r
         where r.source = b.source group by code) codes), '{}') as rejected_by_code
     from millrace.books b where dataset = $1
       and (rows_in > 0 or source not in (select id from millrace.sources where kind = 'inbox')) order by source`,
    [dataset],
  );
}

/** By source: digests as digest.ts defines them. @param root what file names are relative to, with `/` at its end */
export async function readDigests(database: Queries, { dataset, table, columns }: TableAnswer, root: string) {
  const fields = columns.map(({ name, kind }) => canonicalSql(kind, quoted(name)));
  const winner = `case when starts_with(winner_path, $2) then substr(winner_path, length($2) + 1) else winner_path end`;
  const own = (from: string) => `(select * from millrace.${from} where dataset = $1) as own`;
  const row = `concat_ws(chr(31), ${fields.join(', ')}, _record::text)`;
  return {
    rows_digest: await bySource(database, digestSql(relation(table), '_source', '_record', row)),
    duplicates_digest: await bySource(
      database,
      digestSql(
        own('duplicates_named'),
        'source',
        'record',
        `concat_ws(chr(31), record::text, key, ${winner}, winner_record::text)`,
      ),
      [dataset, root],
    ),
    rejects_digest: await bySource(
      database,
      digestSql(
        own('rejects'),
        'source',
        'record',
        `concat_ws(chr(31), record::text, coalesce("column", '\\N'), code)`,
      ),
      [dataset],
    ),
  };
}

async function bySource(database: Queries, sql: string, params: unknown[] = []): Promise<Map<number, string>> {
  const rows = await database.query<{ source: number; digest: string }>(sql, params);
  return new Map(rows.map(({ source, digest }) => [source, digest]));
}

export async function readSums(database: Queries, { table, sums }: TableAnswer): Promise<Record<string, string>> {
  const columns = Object.keys(sums);
  if (columns.length === 0) return {};
  const [row] = await database.query<Record<string, string>>(
    `select ${columns.map((name) => `coalesce(sum(${quoted(name)}), 0)::text as ${quoted(name)}`).join(', ')} from ${relation(table)}`,
  );
  return Object.fromEntries(columns.map((name) => [name, canonicalDecimal(row[name])]));
}

/** All rows of a gold table or top view, as the answer writes them. */
export async function readRows(
  database: Queries,
  { table, dimensions, measures }: Omit<GoldAnswer, 'rows'>,
): Promise<GoldRow[]> {
  const columns = [...dimensions, ...measures].map((name) => `${quoted(name)}::text as ${quoted(name)}`);
  const rows = await database.query<GoldRow>(`select ${columns.join(', ')} from ${relation(table)}`);
  return rows.map((row) => ({
    ...row,
    ...Object.fromEntries(measures.map((name) => [name, canonicalDecimal(row[name])])),
  }));
}

/** Rows whose columns lead to no row of the other table. */
export async function readOrphans(
  database: Queries,
  table: string,
  columns: readonly string[],
  other: string,
  key: readonly string[],
): Promise<number> {
  const same = columns.map((name, at) => `o.${quoted(key[at])} = t.${quoted(name)}`);
  const given = columns.map((name) => `t.${quoted(name)} is not null`);
  const [{ orphans }] = await database.query<{ orphans: number }>(
    `select count(*)::int as orphans from ${relation(table)} t where ${given.join(' and ')}
       and not exists (select 1 from ${relation(other)} o where ${same.join(' and ')})`,
  );
  return orphans;
}
