import type { DatasetPlan } from '@millrace/dataset';
import type { Queryable } from '../database.js';
import { quote, tableName } from '../identifiers.js';
import { typeName } from '../keys/key-columns.js';
import { columnsOf, relationKind } from './catalog.js';

/** How far the values of a reference stand as keys in another dataset's table. */
export interface ConsistencyRow {
  dataset: string;
  columns: string[];
  references: string;
  /** Of the dataset's table. */
  rows: number;
  /** Rows that have a value in each of the columns. */
  checked: number;
  /** Of these the ones whose values are no key over there; null when it cannot be told: see `problem`. */
  missing: number | null;
  problem: string | null;
}

/** The references of all plans, in their order, as the tables are now. What is referred to may not be there: that is told, not an error. */
export async function consistency(db: Queryable, plans: Iterable<DatasetPlan>): Promise<ConsistencyRow[]> {
  const found: ConsistencyRow[] = [];
  for (const plan of plans) {
    for (const reference of plan.references) found.push(await checkReference(db, plan, reference));
  }
  return found;
}

async function checkReference(
  db: Queryable,
  plan: DatasetPlan,
  { columns: indexes, dataset: references }: DatasetPlan['references'][number],
): Promise<ConsistencyRow> {
  const columns = indexes.map((index) => plan.columns[index]);
  const names = columns.map(({ name }) => name);
  const row = { dataset: plan.name, columns: names, references };
  if ((await relationKind(db, plan.table)) !== 'table') {
    return { ...row, rows: 0, checked: 0, missing: null, problem: `table ${plan.table} is not there yet` };
  }
  const filled = names.map((name) => `t.${quote(name)} is not null`).join(' and ');
  const there = await findTarget(db, references, names.length);
  if (typeof there === 'string') {
    const [counts] = await db.query<{ rows: number; checked: number }>(
      `select count(*) as rows, count(*) filter (where ${filled}) as checked from ${tableName(plan.table)} t`,
    );
    return { ...row, ...counts, missing: null, problem: there };
  }
  const equal = there.keys.map(({ name, type }, at) => {
    const cast = type === typeName(columns[at].postgres_type).replace(/\(.*$/, '') ? '' : '::text';
    return `r.${quote(name)}${cast} = t.${quote(names[at])}${cast}`;
  });
  const [counts] = await db.query<{ rows: number; checked: number; missing: number }>(
    `select count(*) as rows, count(*) filter (where ${filled}) as checked,
       count(*) filter (where ${filled} and not exists (
         select from ${tableName(there.table)} r where ${equal.join(' and ')})) as missing
     from ${tableName(plan.table)} t`,
  );
  return { ...row, ...counts, problem: null };
}

interface Target {
  table: string;
  keys: { name: string; type: string }[];
}

/** Table and key of a dataset, as registered; or why they cannot be compared with. */
async function findTarget(db: Queryable, dataset: string, width: number): Promise<Target | string> {
  const [found] = await db.query<{ table_name: string; key_columns: string[] }>(
    'select table_name, key_columns from millrace.datasets where name = $1 order by version desc limit 1',
    [dataset],
  );
  if (!found) return `there is no dataset ${dataset} yet`;
  const { table_name: table, key_columns } = found;
  if ((await relationKind(db, table)) !== 'table') return `table ${table} is not there yet`;
  if (key_columns.length !== width) {
    const key = key_columns.length === 0 ? 'no key' : `the key ${key_columns.join(', ')}`;
    return `dataset ${dataset} has ${key}: ${width} columns cannot refer to it`;
  }
  const columns = await columnsOf(db, table);
  return {
    table,
    keys: key_columns.map((name) => ({ name, type: (columns.get(name)?.type ?? '').replace(/\(.*$/, '') })),
  };
}
