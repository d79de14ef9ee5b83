import { MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import type { Database, Transaction } from '../database.js';
import { goldTable, storedType } from '../gold/gold-table.js';
import { quote, tableName } from '../identifiers.js';
import { typeName } from '../keys/key-columns.js';
import { COMPACTION_LOCK, SCHEMA_LOCK } from '../locks.js';
import { actAsWriter } from '../roles/act-as-writer.js';
import { giveTables, relationsOfDataset } from '../roles/give-tables.js';
import { takeOver } from './adopt-table.js';
import { requireIdle } from './busy.js';
import { columnsOf, hasRows, relationKind } from './catalog.js';
import { changeTable, compareTable, dropKey, makeKey, refuseIdentity } from './evolve-table.js';
import { dropGold, indexGroups, judgeRows, makeGold } from './gold-tables.js';
import { createKeyedTable, OWN_COLUMNS } from './keyed-table.js';
import { nameDuplicates, unnameDuplicates } from './name-duplicates.js';
import { explainRights } from './refuse.js';
import { addVersion, type Version, versionsOf } from './registry.js';
import { type Shape, shapeOf } from './shape.js';
import { dropViews, makeViews } from './top-views.js';

export interface EnsureOptions {
  /** Makes a plan that was registered before, and is not the last of its dataset, the current one again: as a version of its own. */
  current?: boolean;
}

/**
 * Registers a plan and brings the database to its shape: the keyed table, gold tables, views, and the dataset's arm of
 * `millrace.duplicates_named`. A plan that is known is not registered again, and an older one changes nothing. Idempotent, and
 * safe from several processes at once.
 * @throws MillraceError CONFIG_INVALID when what is there does not let it; PLAN_BUSY (try again) when types, gold or the key
 * change while chunks or runs of another version are under way
 */
export async function ensureDataset(
  db: Database,
  plan: DatasetPlan,
  options: EnsureOptions = {},
): Promise<{ name: string; version: number }> {
  // Names are checked before anything is made.
  for (const name of relationsOf(plan)) quote(name);
  const change = async (tx: Transaction) => {
    await beginSchemaChange(tx);
    await actAsWriter(tx, [...relationsOf(plan), ...(await relationsOfDataset(tx, plan.name))]);
    const versions = await versionsOf(tx, plan.name);
    const last = versions.at(-1);
    const known = versions.findLast(({ fingerprint }) => fingerprint === plan.fingerprint);
    if (known && known !== last && !options.current) return { name: plan.name, version: known.version };
    if (known && known === last && (await isThere(tx, plan, last))) return { name: plan.name, version: known.version };
    await bringForward(tx, plan, last);
    const version = known && known === last ? await keepVersion(tx, plan, known) : await addVersion(tx, plan);
    await nameDuplicates(tx);
    await giveTables(tx, relationsOf(plan));
    return { name: plan.name, version };
  };
  return explainRights(plan.name, () => db.transaction(change));
}

/** The names of the tables and views that a plan makes. */
export const relationsOf = ({ table, gold, top_n }: DatasetPlan): string[] => [
  table,
  ...gold.map((item) => item.table),
  ...top_n.map(({ view }) => view),
];

/** One change of the schema at a time, and none depends on the session's settings. */
export async function beginSchemaChange(tx: Transaction): Promise<void> {
  await tx.query(`set local timezone = 'UTC'; set local datestyle = 'ISO'; set local statement_timeout = 0`);
  await tx.query('select pg_advisory_xact_lock($1)', [SCHEMA_LOCK]);
}

/** Whether all of a registered plan is there. @throws MillraceError CONFIG_INVALID when somebody changed it */
async function isThere(tx: Transaction, plan: DatasetPlan, { shape }: Version): Promise<boolean> {
  if (!shape) return false;
  for (const { view } of plan.top_n) if ((await relationKind(tx, view)) !== 'view') return false;
  const own = OWN_COLUMNS.map(([name, type]) => [name, type]);
  const columns = plan.columns.map(({ name, postgres_type }) => [name, typeName(postgres_type)]);
  if (!(await hasColumns(tx, plan.table, [...columns, ...own]))) return false;
  for (const gold of plan.gold) {
    const { dimensions, stored } = goldTable(plan, gold);
    const wanted = [
      ...dimensions.map(({ name, postgres_type }) => [name, typeName(postgres_type)]),
      ...stored.map((measure) => [measure.name, storedType(measure).type]),
    ];
    if (!(await hasColumns(tx, gold.table, wanted))) return false;
  }
  return true;
}

async function hasColumns(tx: Transaction, table: string, wanted: string[][]): Promise<boolean> {
  if ((await relationKind(tx, table)) !== 'table') return false;
  const there = await columnsOf(tx, table);
  const wrong = wanted.filter(([name, type]) => there.get(name)?.type !== type);
  if (wrong.length === 0) return true;
  const list = wrong.map(([name, type]) => `${name} ${type} (there: ${there.get(name)?.type ?? 'missing'})`).join(', ');
  throw new MillraceError('CONFIG_INVALID', `table ${table} exists with other columns than the dataset needs: ${list}`);
}

export async function keepVersion(tx: Transaction, plan: DatasetPlan, { version }: Version): Promise<number> {
  await tx.query('update millrace.datasets set shape = $3::jsonb, active = true where name = $1 and version = $2', [
    plan.name,
    version,
    JSON.stringify(shapeOf(plan)),
  ]);
  return version;
}

/** From the shape of the last version, if there is one, to that of the plan. */
export async function bringForward(tx: Transaction, plan: DatasetPlan, last: Version | undefined): Promise<void> {
  const after = shapeOf(plan);
  const before = last && (last.shape ?? shapeBefore(last, after));
  await requireOwnNames(tx, plan);
  // Whoever applies goes on with the old tables or with the new ones, never with some of both.
  if (last) await tx.query('select pg_advisory_xact_lock($1)', [COMPACTION_LOCK]);
  await unnameDuplicates(tx);
  const kind = await relationKind(tx, plan.table);
  const isOurs = before?.table === plan.table;
  if (before && before.identity !== after.identity) await changeIdentity(tx, plan, before);
  else if (before && !isOurs) await requireEmpty(tx, plan, before.table);

  const changes = isOurs && kind === 'table' ? compareTable(plan, await columnsOf(tx, plan.table)) : undefined;
  const gold = await goldChanges(tx, before, after, (changes?.retyped.length ?? 0) > 0 || !changes);
  const isGoldKept = gold.made.size + gold.dropped.size === 0;
  const isReshaped = (changes?.retyped.length ?? 0) > 0 || !isGoldKept;
  if (last && (isReshaped || before?.identity !== after.identity)) await closeVersions(tx, plan);

  const areViewsKept = isGoldKept && (await haveViews(tx, before, after));
  const ownViews = new Set(before?.views.map(([name]) => name));
  const ownGold = new Set(before?.gold.map(([name]) => name));
  const views = areViewsKept ? [] : new Set([...ownViews, ...after.views.map(([name]) => name)]);
  await dropViews(tx, views, (name) => ownViews.has(name));
  await dropGold(tx, plan, [...gold.dropped, ...gold.made], (name) => ownGold.has(name));

  if (changes) {
    await changeTable(tx, plan, changes);
    if (before?.identity !== after.identity) await makeKey(tx, plan);
  } else if (kind === undefined) await createKeyedTable(tx, plan);
  else await takeOver(tx, plan, kind);

  await judgeRows(tx, plan, new Map(isOurs ? before?.conditions : []));
  await makeGold(tx, plan, gold.made);
  await indexGroups(tx, plan);
  if (!areViewsKept) await makeViews(tx, plan);
}

/** What others have built on a view is not to be lost for nothing. */
async function haveViews(tx: Transaction, before: Shape | undefined, after: Shape): Promise<boolean> {
  if (JSON.stringify(before?.views ?? []) !== JSON.stringify(after.views)) return false;
  for (const [name] of after.views) if ((await relationKind(tx, name)) !== 'view') return false;
  return true;
}

/** Gold tables to be made (anew) and to be dropped for good. @param all whatever their layout is */
async function goldChanges(tx: Transaction, before: Shape | undefined, after: Shape, all: boolean) {
  const known = new Map(before?.gold);
  const wanted = new Map(after.gold);
  const made = new Set<string>();
  for (const [name, layout] of wanted) {
    if (all || known.get(name) !== layout || (await relationKind(tx, name)) !== 'table') made.add(name);
  }
  return {
    made,
    dropped: new Set([...known.keys()].filter((name) => !wanted.has(name))),
  };
}

/** Of a version that was registered before shapes were kept only the key is known: its gold is made anew. */
function shapeBefore({ table_name, key_columns }: Version, after: Shape): Shape {
  const [keys] = JSON.parse(after.identity) as [[string, string][]];
  const isSame = JSON.stringify(keys.map(([name]) => name)) === JSON.stringify(key_columns);
  return {
    ...{ table: table_name, columns: [], conditions: [], views: [] },
    identity: isSame ? after.identity : JSON.stringify([key_columns.map((name) => [name, 'text']), ['first'], 0]),
    gold: after.gold.map(([name]) => [name, '']),
  };
}

/** Nobody cuts chunks under them any more, and nothing of them is under way. @throws MillraceError PLAN_BUSY */
async function closeVersions(tx: Transaction, plan: DatasetPlan): Promise<void> {
  await tx.query('update millrace.datasets set active = false where name = $1 and active', [plan.name]);
  await requireIdle(tx, plan);
}

async function changeIdentity(tx: Transaction, plan: DatasetPlan, before: Shape): Promise<void> {
  await requireEmpty(tx, plan, before.table);
  if (before.table === plan.table && (await relationKind(tx, plan.table)) === 'table') await dropKey(tx, before);
}

/** Duplicates name their winner by its key, so that none may be left either. */
async function requireEmpty(tx: Transaction, plan: DatasetPlan, table: string): Promise<void> {
  const isTable = (await relationKind(tx, table)) === 'table';
  const [{ found }] = await tx.query<{ found: boolean }>(
    'select exists (select from millrace.duplicates where dataset = $1) as found',
    [plan.name],
  );
  if (found || (isTable && (await hasRows(tx, table)))) refuseIdentity(plan);
}

/** @throws MillraceError CONFIG_INVALID when another dataset has a table or view of one of the plan's names */
async function requireOwnNames(tx: Transaction, plan: DatasetPlan): Promise<void> {
  const names = relationsOf(plan);
  const others = await tx.query<{ owner: string; taken: string }>(
    `select d.name as owner, taken.name as taken from millrace.datasets d
     cross join lateral (
       select d.table_name as name
       union all select entry ->> 0 from jsonb_array_elements(coalesce(d.shape -> 'gold', '[]')) as entry
       union all select entry ->> 0 from jsonb_array_elements(coalesce(d.shape -> 'views', '[]')) as entry) taken
     where d.name <> $1 and taken.name = any ($2::text[])
       and d.version = (select max(version) from millrace.datasets latest where latest.name = d.name)`,
    [plan.name, names],
  );
  const [first] = others;
  if (!first) return;
  throw new MillraceError('CONFIG_INVALID', `table ${first.taken} is the dataset ${first.owner}'s: name it otherwise`);
}

/** Empties a dataset's keyed table and gold. */
export async function emptyTables(tx: Transaction, shape: Shape): Promise<void> {
  for (const name of [shape.table, ...shape.gold.map(([table]) => table)]) {
    if ((await relationKind(tx, name)) === 'table') await tx.query(`truncate ${tableName(name)}`);
  }
}
