import { type ColumnData, type Columns, isNull } from '@millrace/columnar';
import type { DatasetPlan } from '@millrace/dataset';
import type { Value } from '../values/values.js';
import { ExactSums } from './exact-sums.js';
import { Extremes } from './extremes.js';
import { type GoldTable, goldTable } from './gold-table.js';
import { GroupIndex } from './group-index.js';
import { TextIds } from './text-ids.js';

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
  private readonly texts = new Map<number, TextIds>();
  /** Used again for each batch: ids by column, and groups. */
  private readonly ids = new Map<number, Int32Array>();
  private groups = new Uint32Array(0);

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
      if (plan.columns[column].encoding === 'dictionary') this.texts.set(column, new TextIds());
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
    for (const { index } of new Set(tables.flatMap(({ table }) => table.dimensions))) {
      this.readIds(index, data.columns[index], selected, rows);
    }
    if (this.groups.length < rows) this.groups = new Uint32Array(2 * rows);
    const { groups } = this;
    for (const { table, index, counts, sums, added, lost } of tables) {
      const tuple = table.dimensions.map((dimension) => this.ids.get(dimension.index)!);
      index.assign(tuple, rows, groups);
      counts.reserve(index.groups);
      counts.addRows(groups, rows);
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
        return Int32Array.of(typeof value === 'number' ? value : this.texts.get(dimension.index)!.idOf(value));
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
    return this.texts.get(table.dimensions[d].index)?.textOf(id) ?? id;
  }

  /** The texts of dimension `d`, by the ids in the table's index; undefined where those are values themselves. */
  textsOf({ table }: TableDeltas, d: number): TextIds | undefined {
    return this.texts.get(table.dimensions[d].index);
  }

  /** Indexes of all columns that gold reads: what a retraction must know of a row. */
  columnsRead(): number[] {
    const others = this.tables.flatMap(({ table }) => [table.where, ...table.stored.map(({ column }) => column)]);
    return [...new Set([...this.dimensions(), ...others.flatMap((column) => (column ? [column.index] : []))])];
  }

  private dimensions(): Set<number> {
    return new Set(this.plan.gold.flatMap((gold) => gold.dimensions));
  }

  /** Fills `ids` of a column. */
  private readIds(column: number, data: ColumnData, selected: Uint32Array | null, rows: number): void {
    let ids = this.ids.get(column);
    if (!ids || ids.length < rows) {
      ids = new Int32Array(2 * rows);
      this.ids.set(column, ids);
    }
    if (data.encoding === 'date' || data.encoding === 'integer') {
      const values = data.encoding === 'date' ? data.days : data.values;
      for (let index = 0; index < rows; index++) ids[index] = values[selected ? selected[index] : index];
    } else if (data.encoding === 'dictionary') {
      const idOfCode = this.texts.get(column)!.idsOf(data);
      const { codes } = data;
      for (let index = 0; index < rows; index++) ids[index] = idOfCode[codes[selected ? selected[index] : index]];
    } else {
      throw new TypeError(`column ${this.plan.columns[column].name} is ${data.encoding}: no dimension`);
    }
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
