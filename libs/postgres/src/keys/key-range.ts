import type { DatasetPlan } from '@millrace/dataset';
import type { Queryable } from '../database.js';
import { quote, tableName } from '../identifiers.js';
import { canonicalText } from './canonical-text.js';
import { isPlainText, type KeyColumn, keyColumnsOf } from './key-columns.js';

/** Keys of a keyed table, in the order of its key. */
export interface KeyRange {
  /** Key texts with NUL between them, which no text holds: no object and no string a key. Null when there is none. */
  keys: Buffer | null;
  /** The last key's columns as text: where the next range begins. Undefined behind the last key. */
  last: string[] | undefined;
}

/**
 * The keys behind `after`, at most `limit`. One short statement, so that no long snapshot holds back vacuum.
 * @param after `last` of the range before; undefined = from the first key
 */
export async function readKeyRange(
  db: Queryable,
  plan: Pick<DatasetPlan, 'table' | 'keys' | 'columns'>,
  after: readonly string[] | undefined,
  limit: number,
): Promise<KeyRange> {
  const table = tableName(plan.table);
  const [found] = await db.query<{ table: string | null }>('select to_regclass($1)::text as "table"', [table]);
  if (!found?.table) return { keys: null, last: undefined };
  const columns = keyColumnsOf(plan);
  const [range] = await db.query<{ keys: Buffer | null; last: string[] | null; rows: number }>(
    rangeSql(table, columns, after !== undefined, limit),
    after,
  );
  if (!range?.keys || range.last === null) return { keys: null, last: undefined };
  return { keys: range.keys, last: range.rows < limit ? undefined : range.last };
}

function rangeSql(table: string, columns: readonly KeyColumn[], hasAfter: boolean, limit: number): string {
  const names = columns.map(({ name }) => quote(name));
  const list = names.join(', ');
  const bound = columns.map(({ type }, at) => `$${at + 1}::${type}`).join(', ');
  const texts = columns.map(({ type }, at) => canonicalText(`range.${names[at]}`, type));
  const descending = columns.map((_, at) => `range.${names[at]} desc`).join(', ');
  return `with range as (
      select ${list} from ${table} ${hasAfter ? `where (${list}) > (${bound})` : ''} order by ${list} limit ${limit})
    select string_agg(convert_to(${keyText(columns, texts)}, 'UTF8'), '\\x00'::bytea order by ${list}) as keys,
      count(*)::int as rows, (select array[${texts.join(', ')}] from range order by ${descending} limit 1) as last
    from range`;
}

/** SQL: the key text as libs/columnar makes it. PostgreSQL escapes text in JSON just as JSON.stringify does. */
function keyText(columns: readonly KeyColumn[], texts: string[]): string {
  if (isPlainText(columns)) return texts[0];
  return `'[' || ${texts.map((text) => `to_json(${text})::text`).join(` || ',' || `)} || ']'`;
}
