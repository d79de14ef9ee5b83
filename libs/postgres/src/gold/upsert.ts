import type pg from 'pg';
import { quote, tableName } from '../identifiers.js';
import { arrayType, fromElement, toElement } from '../values/parameters.js';
import type { Value } from '../values/values.js';
import type { GoldDeltas, TableDeltas } from './deltas.js';
import { canonical, isExtreme } from './gold-table.js';

/**
 * Applies deltas to the gold tables: tables by name, groups in COLLATE "C" order, so that two appliers that meet in the same
 * groups take their locks in the same order. Lowest and highest values of groups that lost a row are found anew, and groups
 * that became empty are deleted.
 */
export async function upsertGold(client: pg.ClientBase, deltas: GoldDeltas[]): Promise<void> {
  const all = deltas.flatMap((of) => of.tables.map((table) => ({ of, table })));
  all.sort((a, b) => (a.table.table.name < b.table.table.name ? -1 : 1));
  for (const { of, table } of all) {
    const groups = changedGroups(table);
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

function upsertSql({ table }: TableDeltas): string {
  const { dimensions, stored, name } = table;
  const keys = dimensions.map((dimension) => quote(dimension.name));
  const adds = stored.map((measure) => {
    const column = quote(measure.name);
    const both = `gold.${column}, excluded.${column}`;
    // Both leave NULL out, which says that no value is known.
    if (measure.kind === 'min') return `${column} = least(${both})`;
    if (measure.kind === 'max') return `${column} = greatest(${both})`;
    return `${column} = ${canonical(measure, `gold.${column} + excluded.${column}`)}`;
  });
  const types = [
    ...dimensions.map(arrayType),
    ...stored.map(({ kind, column }) =>
      isExtreme({ kind }) ? arrayType(column!) : kind === 'sum' ? 'numeric[]' : 'bigint[]',
    ),
  ];
  const [ds, ms] = [aliases('d', dimensions), aliases('m', stored)];
  const values = [
    ...dimensions.map((column, at) => fromElement(ds[at], column)),
    ...stored.map((measure, at) =>
      canonical(measure, isExtreme(measure) ? fromElement(ms[at], measure.column!) : ms[at]),
    ),
  ];
  const order = dimensions.map((column, at) => (arrayType(column) === 'text[]' ? `${ds[at]} collate "C"` : ds[at]));
  return `insert into ${tableName(name)} as gold (${[...keys, ...stored.map((measure) => quote(measure.name))].join(', ')})
    select ${values.join(', ')} from ${unnested(types)} as delta (${[...ds, ...ms].join(', ')})
    order by ${order.join(', ')}
    on conflict (${keys.join(', ')}) do update set ${adds.join(', ')}`;
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
  const measures = table.stored.map(({ column }, at): Value[] => {
    const extremes = added[at];
    if (extremes) return groups.map((group) => toElement(extremes.valueOf(group), column!));
    return groups.map((group) => (sums[at] ?? counts).total(group));
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

function dimensionArrays(of: GoldDeltas, deltas: TableDeltas, groups: number[]): unknown[] {
  return deltas.table.dimensions.map((_, d) => groups.map((group) => of.dimensionOf(deltas, group, d)));
}
