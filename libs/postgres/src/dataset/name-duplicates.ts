import type { Transaction } from '../database.js';
import { literal, tableName } from '../identifiers.js';
import { hasKeyText, type KeyColumn } from '../keys/key-columns.js';

/** What the view gives where there is no dataset with a key. */
const NONE = `select null::text as dataset, null::int as source, null::text as path, null::bigint as record,
  null::text collate "C" as key, null::int as winner_source, null::text as winner_path, null::bigint as winner_record,
  null::text as winner_topic, null::int as winner_partition, null::bigint as winner_offset, null::int as winner_row
  where false`;

/** One view over all datasets: a duplicate's winner is whatever row holds its key now; one of an inbox with its place there. */
export async function nameDuplicates(tx: Transaction): Promise<void> {
  const datasets = await tx.query<{ name: string; table_name: string; keys: KeyColumn[] }>(
    `select d.name, d.table_name, jsonb_agg(jsonb_build_object(
         'name', a.attname, 'type', format_type(a.atttypid, null)) order by k.at) as keys
     from millrace.datasets d
     cross join unnest(d.key_columns) with ordinality as k (name, at)
     join pg_attribute a on a.attrelid = to_regclass('public.' || quote_ident(d.table_name)) and a.attname = k.name
     where not a.attisdropped
       and d.version = (select max(version) from millrace.datasets latest where latest.name = d.name)
     group by d.name, d.table_name, d.key_columns having count(*) = cardinality(d.key_columns)
     order by d.name`,
  );
  const arms = datasets.map(
    ({ name, table_name, keys }) =>
      `select d.dataset, d.source, s.path, d.record, d.key,
         t._source as winner_source, w.path as winner_path, t._record as winner_record,
         w.topic as winner_topic, w.partition as winner_partition,
         case when w.kind = 'inbox' then w.base_offset + (t._record >> 20) end as winner_offset,
         case when w.kind = 'inbox' then (t._record & 1048575)::int end as winner_row
       from millrace.duplicates d
       join ${tableName(table_name)} t on ${hasKeyText(keys, 't', 'd.key')}
       left join millrace.sources s on s.id = d.source
       left join millrace.sources w on w.id = t._source
       where d.dataset = ${literal(name)}`,
  );
  await defineView(tx, arms.length > 0 ? arms.join(' union all ') : NONE);
}

/** Until `nameDuplicates`: a column that a view reads cannot change its type. */
export async function unnameDuplicates(tx: Transaction): Promise<void> {
  await defineView(tx, NONE);
}

/** What a view selects is a rule of it: to replace that one asks for the view to be ours, not for the right to make things in its schema. */
async function defineView(tx: Transaction, select: string): Promise<void> {
  await tx.query(`create or replace rule "_RETURN" as on select to millrace.duplicates_named do instead ${select}`);
}
