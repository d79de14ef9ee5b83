import type { DatasetPlan } from '@millrace/dataset';
import { type Queryable, quote } from '@millrace/postgres';

/** Keys of the keyed table in their order, as bytes: what `millrace` hashed when it wrote them. */
export interface KeyRange {
  keys: Buffer[];
  /** Where the next range begins; undefined behind the last key. */
  last: string | undefined;
}

/** Reads the keys behind `after`, at most `limit`. Rejects when the database cannot be asked. */
export type ReadKeyRange = (plan: DatasetPlan, after: string, limit: number) => Promise<KeyRange>;

/**
 * One short statement a range, so that no long snapshot holds back vacuum. The keys come as one value with NUL
 * between them, which text cannot hold: no object and no string a key.
 */
export function keyRangeReader(database: () => Promise<Queryable>): ReadKeyRange {
  return async (plan, after, limit) => {
    const db = await database();
    const table = `public.${quote(plan.table)}`;
    const [found] = await db.query<{ table: string | null }>('select to_regclass($1)::text as "table"', [table]);
    if (!found?.table) return { keys: [], last: undefined };
    const key = quote(plan.columns[plan.key].name);
    const [range] = await db.query<{ keys: Buffer | null; last: string | null; rows: number }>(
      `select string_agg(convert_to(key, 'UTF8'), '\\x00'::bytea order by key) as keys, max(key) as last, count(*)::int as rows
       from (select ${key} as key from ${table} where ${key} > $1 order by ${key} limit ${limit}) as range`,
      [after],
    );
    if (!range?.keys || range.last === null) return { keys: [], last: undefined };
    return { keys: split(range.keys), last: range.rows < limit ? undefined : range.last };
  };
}

function split(joined: Buffer): Buffer[] {
  const keys: Buffer[] = [];
  let start = 0;
  for (let end = joined.indexOf(0); end >= 0; end = joined.indexOf(0, start)) {
    keys.push(joined.subarray(start, end));
    start = end + 1;
  }
  keys.push(joined.subarray(start));
  return keys;
}
