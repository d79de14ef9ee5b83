import {
  type Counts,
  GOLD_DIMENSIONS,
  GOLD_TABLES,
  type GoldRow,
  type GoldTable,
  type SalesGold,
  sortedByKey,
} from '../answer-key.js';
import { digestSql, rowLineSql } from '../digest.js';
import { canonicalDecimal } from './differences.js';

/** Whatever runs SQL: Database of @millrace/postgres, or anything that looks like it. */
export interface Queries {
  query<T = Record<string, unknown>>(sql: string, params?: readonly unknown[]): Promise<T[]>;
}

export interface Book extends Omit<Counts, 'rejected_by_code'> {
  source: number;
  path: string;
  balanced: boolean;
  complete: boolean;
}

/** Of all sources that hold, or may hold, a row: an inbox that nobody wrote to is none. */
export async function readBooks(database: Queries): Promise<Book[]> {
  return database.query<Book>(
    `select source::int, path, rows_in::int, written::int, duplicates::int, rejected::int, skipped::int, balanced, complete
       from millrace.books where dataset = 'sales'
         and (rows_in > 0 or source not in (select id from millrace.sources where kind = 'inbox')) order by source`,
  );
}

export async function readRejectCodes(database: Queries): Promise<Map<number, Record<string, number>>> {
  const rows = await database.query<{ source: number; code: string; count: number }>(
    `select source::int, code, count(*)::int as count from millrace.rejects where dataset = 'sales' group by source, code`,
  );
  const bySource = new Map<number, Record<string, number>>();
  for (const { source, code, count } of rows) bySource.set(source, { ...bySource.get(source), [code]: count });
  return new Map([...bySource].map(([source, codes]) => [source, sortedByKey(codes)]));
}

export interface SourceDigest {
  source: number;
  count: number;
  digest: string;
}

type DigestsBySource = Map<number, SourceDigest>;

async function bySource(database: Queries, sql: string, params: unknown[] = []): Promise<DigestsBySource> {
  const rows = await database.query<SourceDigest>(sql, params);
  return new Map(rows.map((row) => [row.source, row]));
}

export function readRowsDigest(database: Queries): Promise<DigestsBySource> {
  return bySource(database, digestSql('public.sales', '_source', '_record', rowLineSql('_record')));
}

/** Digests by source, as digest.ts defines them. @param root what file names are relative to, with `/` at its end */
export async function readDigests(database: Queries, root: string) {
  const winner = `case when starts_with(winner_path, $1) then substr(winner_path, length($1) + 1) else winner_path end`;
  return {
    rows_digest: await readRowsDigest(database),
    duplicates_digest: await bySource(
      database,
      digestSql(
        `(select * from millrace.duplicates_named where dataset = 'sales') as named`,
        'source',
        'record',
        `concat_ws(chr(31), record::text, key, ${winner}, winner_record::text)`,
      ),
      [root],
    ),
    rejects_digest: await bySource(
      database,
      digestSql(
        `(select * from millrace.rejects where dataset = 'sales') as rejects`,
        'source',
        'record',
        `concat_ws(chr(31), record::text, coalesce("column", '\\N'), code)`,
      ),
    ),
  };
}

export async function readGold(database: Queries): Promise<SalesGold> {
  const tables: [GoldTable, GoldRow[]][] = [];
  for (const table of GOLD_TABLES) tables.push([table, await readGoldTable(database, table)]);
  return Object.fromEntries(tables) as SalesGold;
}

const MEASURES: Record<GoldTable, string[]> = {
  sales_by_month_region_category: ['orders', 'quantity', 'revenue'],
  sales_by_product: ['orders', 'quantity', 'revenue', 'unit_price_sum', 'average_price'],
  sales_daily: ['orders', 'quantity', 'revenue'],
};

async function readGoldTable(database: Queries, table: GoldTable): Promise<GoldRow[]> {
  const columns = [...GOLD_DIMENSIONS[table], ...MEASURES[table]].map((name) => `${name}::text as ${name}`);
  return database.query<GoldRow>(`select ${columns.join(', ')} from public.${table}`);
}

/** A gold row whose measures can be compared as text. */
export function comparableGold(table: GoldTable, row: GoldRow): GoldRow {
  const measures = MEASURES[table].map((name) => [name, canonicalDecimal(row[name])]);
  return { ...row, ...Object.fromEntries(measures) };
}
