import { type ColumnData, type Columns, type DictionaryColumn, isNull } from '@millrace/columnar';
import type { DatasetPlan } from '@millrace/dataset';
import type { Value } from '../values/values.js';
import { ExactSums } from './exact-sums.js';
import { Extremes } from './extremes.js';
import { type GoldTable, goldTable } from './gold-table.js';
import { GroupIndex } from './group-index.js';

/** A row taken back, by index in `plan.columns`. */
export type OldValues = Map<number, Value>;

/** What a transaction changes in one gold table. Arrays have one entry for each of `table.stored`. */
export interface TableDeltas {
  plan: DatasetPlan;
  table: GoldTable;
  index: GroupIndex;
  /** Rows added minus rows taken back, by group. */
  counts: ExactSums;
  /** Of sums and counts of values; null for the others. */
  sums: (ExactSums | null)[];
  /** Of lowest and highest values: those added, and those taken back; null for the others. */
  added: (Extremes | null)[];
  lost: (Extremes | null)[];
  /** Groups that lost a row: they may have become empty. */
  shrunk: Set<number>;
}

/**
 * The gold deltas of one transaction and one dataset, coalesced over all of its batches. Text dimensions are interned once
 * a batch and entry (not once a row), so that grouping works on integers.
 */
export class GoldDeltas {
  readonly tables: TableDeltas[];
  private readonly interned = new Map<number, Interner>();

  constructor(private readonly plan: DatasetPlan) {
    this.tables = plan.gold.map((gold) => {
      const table = goldTable(plan, gold);
      const sums = table.stored.map(({ kind, column }) => {
        if (kind === 'values') return new ExactSums(0);
        return kind === 'sum' ? new ExactSums(column!.encoding === 'decimal' ? column!.scale : 0) : null;
      });
      const extremes = () =>
        table.stored.map(({ kind, column }) => (kind === 'min' || kind === 'max' ? new Extremes(kind, column!) : null));
      const index = new GroupIndex(table.dimensions.length);
      const [added, lost] = [extremes(), extremes()];
      return { plan, table, index, counts: new ExactSums(0), sums, added, lost, shrunk: new Set() };
    });
    for (const column of this.dimensions()) {
      if (plan.columns[column].encoding === 'dictionary') this.interned.set(column, new Interner());
    }
  }

  /** Adds rows of a batch. @param selected indexes of rows; null = all */
  add(data: Columns, selected: Uint32Array | null): void {
    const conditions = new Set(this.tables.map(({ table }) => table.where));
    for (const where of conditions) {
      const tables = this.tables.filter(({ table }) => table.where === where);
      this.addTo(tables, data, where === null ? selected : rowsWhere(data.columns[where.index], selected, data.rows));
    }
  }

  private addTo(tables: TableDeltas[], data: Columns, selected: Uint32Array | null): void {
    const rows = selected ? selected.length : data.rows;
    if (rows === 0) return;
    const ids = new Map<number, Int32Array>();
    for (const { index } of new Set(tables.flatMap(({ table }) => table.dimensions))) {
      ids.set(index, this.idsOf(index, data.columns[index], selected, rows));
    }
    const groups = new Uint32Array(rows);
    for (const { table, index, counts, sums, added, lost } of tables) {
      const tuple = table.dimensions.map((dimension) => ids.get(dimension.index)!);
      index.assign(tuple, rows, groups);
      counts.reserve(index.groups);
      for (let row = 0; row < rows; row++) counts.add(groups[row], 1);
      table.stored.forEach(({ kind, column }, at) => {
        sums[at]?.reserve(index.groups);
        added[at]?.reserve(index.groups);
        lost[at]?.reserve(index.groups);
        if (kind === 'values') sums[at]?.countColumn(data.columns[column!.index], groups, selected, rows);
        else if (kind === 'sum') sums[at]?.addColumn(data.columns[column!.index], groups, selected, rows);
        else if (column) added[at]?.addColumn(data.columns[column.index], groups, selected, rows);
      });
    }
  }

  /** Takes a replaced row back. */
  retract(old: OldValues): void {
    const groups = new Uint32Array(1);
    for (const { table, index, counts, sums, added, lost, shrunk } of this.tables) {
      if (table.where && old.get(table.where.index) !== 1) continue;
      const tuple = table.dimensions.map((dimension) => {
        const value = old.get(dimension.index)!;
        return Int32Array.of(typeof value === 'number' ? value : this.interned.get(dimension.index)!.idOf(value));
      });
      index.assign(tuple, 1, groups);
      const [group] = groups;
      counts.reserve(index.groups);
      counts.add(group, -1);
      table.stored.forEach(({ kind, column }, at) => {
        sums[at]?.reserve(index.groups);
        added[at]?.reserve(index.groups);
        lost[at]?.reserve(index.groups);
        const value = column ? (old.get(column.index) ?? null) : null;
        if (value === null) return;
        if (kind === 'values') sums[at]?.add(group, -1);
        else sums[at]?.addLiteral(group, String(value), -1n);
        lost[at]?.add(group, value);
      });
      shrunk.add(group);
    }
  }

  /** A group's value in dimension `d` of a table. */
  dimensionOf({ table, index }: TableDeltas, group: number, d: number): string | number {
    const id = index.idOf(group, d);
    return this.interned.get(table.dimensions[d].index)?.texts[id] ?? id;
  }

  /** Indexes of all columns that gold reads: what a retraction must know of a row. */
  columnsRead(): number[] {
    const others = this.tables.flatMap(({ table }) => [table.where, ...table.stored.map(({ column }) => column)]);
    return [...new Set([...this.dimensions(), ...others.flatMap((column) => (column ? [column.index] : []))])];
  }

  private dimensions(): Set<number> {
    return new Set(this.plan.gold.flatMap((gold) => gold.dimensions));
  }

  private idsOf(column: number, data: ColumnData, selected: Uint32Array | null, rows: number): Int32Array {
    const ids = new Int32Array(rows);
    if (data.encoding === 'date' || data.encoding === 'integer') {
      const values = data.encoding === 'date' ? data.days : data.values;
      for (let index = 0; index < rows; index++) ids[index] = values[selected ? selected[index] : index];
    } else if (data.encoding === 'dictionary') {
      const idOfCode = this.interned.get(column)!.idsOf(data);
      for (let index = 0; index < rows; index++) ids[index] = idOfCode[data.codes[selected ? selected[index] : index]];
    } else {
      throw new TypeError(`column ${this.plan.columns[column].name} is ${data.encoding}: no dimension`);
    }
    return ids;
  }
}

/** Of the selected rows those where a boolean column is true. */
function rowsWhere(column: ColumnData, selected: Uint32Array | null, rows: number): Uint32Array {
  if (column.encoding !== 'integer') throw new TypeError(`a condition of ${column.encoding}`);
  const found = new Uint32Array(selected ? selected.length : rows);
  let count = 0;
  for (let index = 0; index < found.length; index++) {
    const row = selected ? selected[index] : index;
    if (column.values[row] === 1 && !isNull(column.nulls, row)) found[count++] = row;
  }
  return found.subarray(0, count);
}

/** Gives each distinct text a number, over all batches of a transaction. */
class Interner {
  readonly texts: string[] = [];
  private readonly ids = new Map<string, number>();

  idOf(text: string): number {
    const known = this.ids.get(text);
    if (known !== undefined) return known;
    this.ids.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }

  /** The number of each entry of a batch's dictionary, by its code there. */
  idsOf({ bytes, offsets }: DictionaryColumn): Int32Array {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const ids = new Int32Array(Math.max(offsets.length - 1, 0));
    for (let code = 0; code < ids.length; code++) {
      ids[code] = this.idOf(buffer.toString('utf8', offsets[code], offsets[code + 1]));
    }
    return ids;
  }
}
