import type pg from 'pg';
import { quote, tableName } from '../identifiers.js';
import { GOLD_LOCK } from '../locks.js';
import { ArrayParameter } from '../values/array-parameter.js';
import { arrayType, fromElement, toElement } from '../values/parameters.js';
import type { GoldDeltas, TableDeltas } from './deltas.js';
import { canonical, isExtreme, type StoredMeasure } from './gold-table.js';

/**
 * What the planner may do for the statements below, where `PLANNER` forbids it: most groups of a gold table change at once, and
 * are found by reading it through. And one of many groups, of which few change, it shall not read through.
 */
const PLANNER = "set_config('enable_hashjoin', 'on', true), set_config('random_page_cost', '1.1', true)";

/**
 * Applies deltas to the gold tables: tables by name, each under a lock of its own, so that two appliers that meet in the same
 * groups never wait for each other in a circle. Lowest and highest values of groups that lost a row are found anew, and groups
 * that became empty are deleted.
 */
export async function upsertGold(client: pg.ClientBase, deltas: GoldDeltas[]): Promise<void> {
  const all = deltas.flatMap((of) => of.tables.map((table) => ({ of, table, groups: changedGroups(table) })));
  const changed = all.filter(({ table, groups }) => groups.length > 0 || table.shrunk.size > 0);
  if (changed.length === 0) return;
  changed.sort((a, b) => (a.table.table.name < b.table.table.name ? -1 : 1));
  const names = [...new Set(changed.map(({ table }) => table.table.name))];
  const locks = names.map((_, at) => `pg_advisory_xact_lock(${GOLD_LOCK}, hashtext($${at + 1}))`);
  // One after the other, as they stand.
  await client.query(`select ${[PLANNER, ...locks].join(', ')}`, names);
  for (const { of, table, groups } of changed) {
    if (groups.length > 0) await client.query(upsertSql(table), parameters(of, table, groups));
    const shrunk = [...table.shrunk].sort((a, b) => a - b);
    if (shrunk.length === 0) continue;
    if (table.table.stored.some(isExtreme)) await client.query(recomputeSql(table), lostValues(of, table, shrunk));
    await client.query(deleteEmptySql(table), dimensionArrays(of, table, shrunk));
  }
}

/** Where extremes are kept, a group that lost a row is among them whatever its sums: the upsert is what locks its row. */
function changedGroups({ index, counts, sums, table, shrunk }: TableDeltas): number[] {
  const hasExtremes = table.stored.some(isExtreme);
  const groups: number[] = [];
  for (let group = 0; group < index.groups; group++) {
    const isChanged = !counts.isZero(group) || sums.some((sum) => sum && !sum.isZero(group));
    if (isChanged || (hasExtremes && shrunk.has(group))) groups.push(group);
  }
  return groups;
}

const unnested = (types: string[]): string => `unnest(${types.map((type, at) => `$${at + 1}::${type}`).join(', ')})`;
const aliases = (prefix: string, list: readonly unknown[]): string[] => list.map((_, at) => `${prefix}${at}`);

/**
 * Groups that are there are updated through a join, at half of what a conflict costs that is found row by row; the others are
 * inserted, and meet those that another applier brought meanwhile as conflicts.
 */
function upsertSql({ table }: TableDeltas): string {
  const { dimensions, stored, name } = table;
  const keys = dimensions.map((dimension) => quote(dimension.name));
  const measures = stored.map((measure) => quote(measure.name));
  const [ds, ms] = [aliases('d', dimensions), aliases('m', stored)];
  const addTo = (delta: (at: number) => string) =>
    stored.map((measure, at) => `${measures[at]} = ${sumOf(measure, `gold.${measures[at]}`, delta(at))}`).join(', ');
  const types = [
    ...dimensions.map(arrayType),
    ...stored.map(({ kind, column }) =>
      isExtreme({ kind }) ? arrayType(column!) : kind === 'sum' ? 'numeric[]' : 'bigint[]',
    ),
  ];
  const values = [
    ...dimensions.map((column, at) => `${fromElement(ds[at], column)} as ${ds[at]}`),
    ...stored.map((measure, at) => {
      const element = isExtreme(measure) ? fromElement(ms[at], measure.column!) : ms[at];
      return `${canonical(measure, element)} as ${ms[at]}`;
    }),
  ];
  return `with delta as materialized (
      select ${values.join(', ')}, at from ${unnested(types)} with ordinality as raw (${[...ds, ...ms].join(', ')}, at)),
    updated as (
      update ${tableName(name)} gold set ${addTo((at) => `delta.m${at}`)} from delta
      where ${keys.map((key, at) => `gold.${key} = delta.d${at}`).join(' and ')} returning delta.at)
    insert into ${tableName(name)} as gold (${[...keys, ...measures].join(', ')})
    select ${[...ds, ...ms].join(', ')} from delta where not exists (select from updated where updated.at = delta.at)
    on conflict (${keys.join(', ')}) do update set ${addTo((at) => `excluded.${measures[at]}`)}`;
}

function sumOf(measure: StoredMeasure, known: string, delta: string): string {
  // Both leave NULL out, which says that no value is known.
  if (measure.kind === 'min') return `least(${known}, ${delta})`;
  if (measure.kind === 'max') return `greatest(${known}, ${delta})`;
  return canonical(measure, `${known} + ${delta}`);
}

/**
 * Lowest and highest values of groups that lost one at least as low or high. In a statement of its own, behind the upsert that
 * locked these groups: its snapshot is then younger than the lock, and so has the rows of every applier that held it before
 * us. In the same statement it would be older, and miss what was committed while we waited. Rows of an applier that
 * comes after us are not in it, but he brings them to the group himself.
 */
function recomputeSql({ table, plan }: TableDeltas): string {
  const { dimensions, stored, where, name } = table;
  const extremes = stored.filter(isExtreme);
  const [ds, ls] = [aliases('d', dimensions), aliases('l', extremes)];
  const types = [...dimensions.map(arrayType), ...extremes.map(({ column }) => arrayType(column!))];
  const fresh = extremes.map((measure) => canonical(measure, `${measure.kind}(t.${quote(measure.column!.name)})`));
  const own = dimensions.map((column) => `t.${quote(column.name)} = gold.${quote(column.name)}`);
  if (where) own.push(`t.${quote(where.name)}`);
  const lost = extremes.map(({ name, kind, column }, at) => {
    return `gold.${quote(name)} ${kind === 'min' ? '>=' : '<='} ${fromElement(`k.${ls[at]}`, column!)}`;
  });
  return `update ${tableName(name)} gold
    set (${extremes.map((measure) => quote(measure.name)).join(', ')}) = (
      select ${fresh.join(', ')} from ${tableName(plan.table)} t where ${own.join(' and ')})
    from ${unnested(types)} as k (${[...ds, ...ls].join(', ')})
    where ${isGroup(table, 'k')} and (${lost.join(' or ')})`;
}

const isGroup = ({ dimensions }: TableDeltas['table'], alias: string): string =>
  dimensions.map((column, d) => `gold.${quote(column.name)} = ${fromElement(`${alias}.d${d}`, column)}`).join(' and ');

function deleteEmptySql({ table }: TableDeltas): string {
  const { dimensions, stored, count, name } = table;
  return `delete from ${tableName(name)} gold
    using ${unnested(dimensions.map(arrayType))} as k (${aliases('d', dimensions).join(', ')})
    where ${isGroup(table, 'k')} and gold.${quote(stored[count].name)} = 0`;
}

function parameters(of: GoldDeltas, deltas: TableDeltas, groups: number[]): unknown[] {
  const { table, sums, added, counts } = deltas;
  const measures = table.stored.map(({ kind, column }, at) => {
    const extremes = added[at];
    if (extremes) return groups.map((group) => toElement(extremes.valueOf(group), column!));
    const array = new ArrayParameter(kind === 'sum' ? 'numeric' : 'int8', groups.length);
    const values = sums[at] ?? counts;
    for (const group of groups) kind === 'sum' ? values.writeTo(array, group) : values.writeCountTo(array, group);
    return array.encoded();
  });
  return [...dimensionArrays(of, deltas, groups), ...measures];
}

function lostValues(of: GoldDeltas, deltas: TableDeltas, groups: number[]): unknown[] {
  const lost = deltas.table.stored.flatMap(({ column }, at) => {
    const extremes = deltas.lost[at];
    return extremes ? [groups.map((group) => toElement(extremes.valueOf(group), column!))] : [];
  });
  return [...dimensionArrays(of, deltas, groups), ...lost];
}

function dimensionArrays(of: GoldDeltas, deltas: TableDeltas, groups: number[]): Buffer[] {
  return deltas.table.dimensions.map((_, d) => {
    const texts = of.textsOf(deltas, d);
    const array = new ArrayParameter(texts ? 'text' : 'int4', groups.length);
    for (const group of groups) {
      const id = deltas.index.idOf(group, d);
      if (texts) array.bytes(texts.bytes, texts.offsets[id], texts.offsets[id + 1]);
      else array.int4(id);
    }
    return array.encoded();
  });
}
