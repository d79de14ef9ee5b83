import type { ColumnPlan, DatasetPlan } from '@millrace/dataset';
import type { Queryable } from './database.js';

import { goldTable, isExtreme } from './gold/gold-table.js';
import { quote, tableName } from './identifiers.js';

/** For each table of a dataset `<rows>:<sum of md5>`: equal contents, in whatever order they were written, give equal digests. */
export type DatasetDigest = Record<string, string>;

/** Digests of the keyed table, the gold tables, duplicates, rejects and books of one dataset. */
export async function digest(db: Queryable, plan: DatasetPlan): Promise<DatasetDigest> {
  const own = 'where dataset = $1';
  const selects: Record<string, string> = {
    // Not `_version`: which of two versions cleans a chunk while one follows the other is a matter of time.
    [plan.table]: `${[...plan.columns.map(shown), '_source', '_record'].join(', ')} from ${tableName(plan.table)}`,
    duplicates: `source, record, key from millrace.duplicates ${own}`,
    rejects: `source, record, "column", code, value, raw from millrace.rejects ${own}`,
    books: `source, rows_in, written, duplicates, rejected, skipped, failed, state, balanced, complete from millrace.books ${own}`,
  };
  for (const gold of plan.gold) {
    const { dimensions, stored, averages } = goldTable(plan, gold);
    const measures = stored.map(({ name, kind, column }) =>
      shown({ name, type: isExtreme({ kind }) ? column!.type : 'decimal' }),
    );
    const columns = [...dimensions.map(shown), ...measures, ...averages.map(({ name }) => quote(name))];
    selects[gold.table] = `${columns.join(', ')} from ${tableName(gold.table)}`;
  }
  const digests: DatasetDigest = {};
  for (const [name, select] of Object.entries(selects)) {
    // 48 bits of the md5 of each row's text form: their sum does not depend on the order of rows, as a set's digest must not.
    const [{ value }] = await db.query<{ value: string }>(
      `select count(*) || ':' || coalesce(sum(('x' || left(md5(line::text), 12))::bit(48)::bigint), 0) as value
       from (select ${select}) line`,
      select.includes('$1') ? [plan.name] : [],
    );
    digests[name] = value;
  }
  return digests;
}

/** The text of a time depends on the session's zone. */
function shown({ name, type }: Pick<ColumnPlan, 'name' | 'type'>): string {
  return type === 'timestamp' ? `${quote(name)} at time zone 'UTC'` : quote(name);
}
