import { type ColumnData, isNull, joinLanes, scaledText, WIDE } from '@millrace/columnar';
import type { ColumnPlan } from '@millrace/dataset';
import { compareLiterals, type Value } from '../values/values.js';

/**
 * The lowest or highest value by group, of an integer, date, decimal, bigint or timestamp column. Scaled integers as they stand;
 * what no scaled integer holds is compared as a literal.
 */
export class Extremes {
  /** NaN = none. */
  private near = new Float64Array(256).fill(Number.NaN);
  private readonly far = new Map<number, string>();
  private readonly sign: 1 | -1;
  private readonly isScaled: boolean;
  private readonly scale: number;

  constructor(kind: 'min' | 'max', { encoding, scale }: ColumnPlan) {
    this.sign = kind === 'max' ? 1 : -1;
    this.isScaled = encoding === 'decimal';
    this.scale = scale;
  }

  /** Makes room for groups up to `groups - 1`. */
  reserve(groups: number): void {
    if (groups <= this.near.length) return;
    const larger = new Float64Array(Math.max(groups, this.near.length * 2)).fill(Number.NaN);
    larger.set(this.near);
    this.near = larger;
  }

  /** Takes a column's values in; NULL is none. */
  addColumn(column: ColumnData, groups: Uint32Array, selected: Uint32Array | null, rows: number): void {
    for (let index = 0; index < rows; index++) {
      const row = selected ? selected[index] : index;
      if (column.encoding === 'decimal') {
        if (column.nulls !== null && isNull(column.nulls, row)) continue;
        if (column.high[row] === WIDE) this.addLiteral(groups[index], column.wide[column.low[row]]);
        else this.addNumber(groups[index], joinLanes(column.low[row], column.high[row]));
      } else if (column.encoding === 'integer' || column.encoding === 'date') {
        if (column.nulls !== null && isNull(column.nulls, row)) continue;
        this.addNumber(groups[index], column.encoding === 'date' ? column.days[row] : column.values[row]);
      }
    }
  }

  /** A value that was read from the table. */
  add(group: number, value: Value): void {
    if (typeof value === 'number') this.addNumber(group, value);
    else if (value !== null) this.addLiteral(group, value);
  }

  valueOf(group: number): Value {
    const near = this.near[group];
    const far = this.far.get(group);
    if (Number.isNaN(near)) return far ?? null;
    if (!this.isScaled) return near;
    const literal = scaledText(near, this.scale);
    return far === undefined || compareLiterals(literal, far) * this.sign > 0 ? literal : far;
  }

  private addNumber(group: number, value: number): void {
    const known = this.near[group];
    if (Number.isNaN(known) || (value - known) * this.sign > 0) this.near[group] = value;
  }

  private addLiteral(group: number, literal: string): void {
    const known = this.far.get(group);
    if (known === undefined || compareLiterals(literal, known) * this.sign > 0) this.far.set(group, literal);
  }
}
