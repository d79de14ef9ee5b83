import type pg from 'pg';
import { tableName } from '../ensure-dataset.js';
import { quote } from '../identifiers.js';
import type { GoldDeltas, TableDeltas } from './deltas.js';

/**
 * Applies deltas to the gold tables: tables by name, groups in COLLATE "C" order, so that two appliers that meet in the same
 * groups take their locks in the same order. Groups that became empty are deleted.
 */
export async function upsertGold(client: pg.ClientBase, deltas: GoldDeltas[]): Promise<void> {
  const all = deltas.flatMap((of) => of.tables.map((table) => ({ of, table })));
  all.sort((a, b) => (a.table.table.name < b.table.table.name ? -1 : 1));
  for (const { of, table } of all) {
    const groups = changedGroups(table);
    if (groups.length > 0) await client.query(upsertSql(table), parameters(of, table, groups));
    const shrunk = groups.filter((group) => table.shrunk.has(group));
    if (shrunk.length > 0) await client.query(deleteEmptySql(table), dimensionArrays(of, table, shrunk));
  }
}

function changedGroups({ index, counts, sums }: TableDeltas): number[] {
  const groups: number[] = [];
  for (let group = 0; group < index.groups; group++) {
    if (!counts.isZero(group) || sums.some((sum) => sum && !sum.isZero(group))) groups.push(group);
  }
  return groups;
}

const names = ({ table }: TableDeltas) => [...table.dimensions, ...table.stored].map(({ name }) => quote(name));
const isDate = (type: string) => type === 'date';

function upsertSql(deltas: TableDeltas): string {
  const { dimensions, stored, name } = deltas.table;
  const keys = dimensions.map((dimension) => quote(dimension.name));
  const adds = stored.map(
    (measure) => `${quote(measure.name)} = gold.${quote(measure.name)} + excluded.${quote(measure.name)}`,
  );
  const arrays = [
    ...dimensions.map(({ postgres_type }, d) => `$${d + 1}::${isDate(postgres_type) ? 'int' : 'text'}[]`),
    ...stored.map(({ kind }, m) => `$${dimensions.length + m + 1}::${kind === 'count' ? 'bigint' : 'numeric'}[]`),
  ];
  const values = [
    ...dimensions.map(({ postgres_type }, d) => (isDate(postgres_type) ? `date '1970-01-01' + d${d}` : `d${d}`)),
    ...stored.map((_, m) => `m${m}`),
  ];
  const aliases = [...dimensions.map((_, d) => `d${d}`), ...stored.map((_, m) => `m${m}`)];
  const order = dimensions.map(({ postgres_type }, d) => (isDate(postgres_type) ? `d${d}` : `d${d} collate "C"`));
  return `insert into ${tableName(name)} as gold (${names(deltas).join(', ')})
    select ${values.join(', ')} from unnest(${arrays.join(', ')}) as delta (${aliases.join(', ')})
    order by ${order.join(', ')}
    on conflict (${keys.join(', ')}) do update set ${adds.join(', ')}`;
}

function deleteEmptySql({ table }: TableDeltas): string {
  const arrays = table.dimensions.map(
    ({ postgres_type }, d) => `$${d + 1}::${isDate(postgres_type) ? 'int' : 'text'}[]`,
  );
  const equal = table.dimensions.map(({ name, postgres_type }, d) =>
    isDate(postgres_type) ? `gold.${quote(name)} = date '1970-01-01' + d${d}` : `gold.${quote(name)} = d${d}`,
  );
  return `delete from ${tableName(table.name)} gold
    using unnest(${arrays.join(', ')}) as empty (${table.dimensions.map((_, d) => `d${d}`).join(', ')})
    where ${equal.join(' and ')} and gold.${quote(table.stored[table.count].name)} = 0`;
}

function parameters(of: GoldDeltas, deltas: TableDeltas, groups: number[]): unknown[] {
  const measures = deltas.sums.map((sum) => groups.map((group) => (sum ?? deltas.counts).total(group)));
  return [...dimensionArrays(of, deltas, groups), ...measures];
}

function dimensionArrays(of: GoldDeltas, deltas: TableDeltas, groups: number[]): unknown[] {
  return deltas.table.dimensions.map((_, d) => groups.map((group) => of.dimensionOf(deltas, group, d)));
}
