import type { ColumnData, Columns, DictionaryColumn } from '@millrace/columnar';
import type { DatasetPlan } from '@millrace/dataset';
import { ExactSums } from './exact-sums.js';
import { type GoldTable, goldTable } from './gold-table.js';
import { GroupIndex } from './group-index.js';

/** A row taken back: by index in `plan.columns`, dimensions as text (dates as days since 1970-01-01), summed columns as literals. */
export type OldValues = Map<number, string | number | null>;

/** What a transaction changes in one gold table. */
export interface TableDeltas {
  table: GoldTable;
  index: GroupIndex;
  /** Rows added minus rows taken back, by group. */
  counts: ExactSums;
  /** One for each of `table.stored`; null for counts. */
  sums: (ExactSums | null)[];
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
      const sums = table.stored.map(({ kind, column }) =>
        kind === 'sum'
          ? new ExactSums(plan.columns[column!].encoding === 'decimal' ? plan.columns[column!].scale : 0)
          : null,
      );
      const index = new GroupIndex(table.dimensions.length);
      return { table, index, counts: new ExactSums(0), sums, shrunk: new Set() };
    });
    for (const column of this.dimensions()) {
      if (plan.columns[column].encoding === 'dictionary') this.interned.set(column, new Interner());
    }
  }

  /** Adds rows of a batch. @param selected indexes of rows; null = all */
  add(data: Columns, selected: Uint32Array | null): void {
    const rows = selected ? selected.length : data.rows;
    if (rows === 0) return;
    const ids = new Map<number, Int32Array>();
    for (const column of this.dimensions()) ids.set(column, this.idsOf(column, data.columns[column], selected, rows));
    const groups = new Uint32Array(rows);
    for (const { table, index, counts, sums } of this.tables) {
      const tuple = table.dimensions.map((dimension) => ids.get(dimension.index)!);
      index.assign(tuple, rows, groups);
      counts.reserve(index.groups);
      for (let row = 0; row < rows; row++) counts.add(groups[row], 1);
      sums.forEach((sum, at) => {
        sum?.reserve(index.groups);
        sum?.addColumn(data.columns[table.stored[at].column!], groups, selected, rows);
      });
    }
  }

  /** Takes a replaced row back. */
  retract(old: OldValues): void {
    const groups = new Uint32Array(1);
    for (const { table, index, counts, sums, shrunk } of this.tables) {
      const tuple = table.dimensions.map((dimension) => {
        const value = old.get(dimension.index)!;
        return Int32Array.of(typeof value === 'number' ? value : this.interned.get(dimension.index)!.idOf(value));
      });
      index.assign(tuple, 1, groups);
      const [group] = groups;
      counts.reserve(index.groups);
      counts.add(group, -1);
      sums.forEach((sum, at) => {
        const value = old.get(table.stored[at].column!);
        sum?.reserve(index.groups);
        if (value !== null) sum?.addLiteral(group, String(value), -1n);
      });
      shrunk.add(group);
    }
  }

  /** A group's value in dimension `d` of a table: text, or days since 1970-01-01. */
  dimensionOf({ table, index }: TableDeltas, group: number, d: number): string | number {
    const id = index.idOf(group, d);
    return this.interned.get(table.dimensions[d].index)?.texts[id] ?? id;
  }

  /** Indexes of all columns that gold reads: what a retraction must know of a row. */
  columnsRead(): number[] {
    const summed = this.tables.flatMap(({ table }) =>
      table.stored.flatMap(({ column }) => (column === null ? [] : [column])),
    );
    return [...new Set([...this.dimensions(), ...summed])];
  }

  private dimensions(): Set<number> {
    return new Set(this.plan.gold.flatMap((gold) => gold.dimensions));
  }

  private idsOf(column: number, data: ColumnData, selected: Uint32Array | null, rows: number): Int32Array {
    const ids = new Int32Array(rows);
    if (data.encoding === 'date') {
      for (let index = 0; index < rows; index++) ids[index] = data.days[selected ? selected[index] : index];
    } else if (data.encoding === 'dictionary') {
      const idOfCode = this.interned.get(column)!.idsOf(data);
      for (let index = 0; index < rows; index++) ids[index] = idOfCode[data.codes[selected ? selected[index] : index]];
    } else {
      throw new TypeError(`column ${this.plan.columns[column].name} is ${data.encoding}: no dimension`);
    }
    return ids;
  }
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
