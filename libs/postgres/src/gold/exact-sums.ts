import { type ColumnData, type DecimalColumn, isNull, joinLanes, scaledText, WIDE } from '@millrace/columnar';
import type { ArrayParameter } from '../values/array-parameter.js';

/**
 * Exact sums of scaled integers by group. A group's sum is a double until it would pass 2^53 - 1, beyond which doubles skip
 * integers; what it has by then moves to a BigInt. Decimals that no scaled integer holds are added as BigInt at their own scale.
 */
export class ExactSums {
  private near = new Float64Array(256);
  /** No sum in `near` is farther from 0. */
  private highest = 0;
  private readonly far = new Map<number, bigint>();
  private readonly wide = new Map<number, { value: bigint; scale: number }>();

  /** @param scale digits after the point of the scaled integers */
  constructor(private readonly scale: number) {}

  /** Makes room for groups up to `groups - 1`. */
  reserve(groups: number): void {
    if (groups <= this.near.length) return;
    const larger = new Float64Array(Math.max(groups, this.near.length * 2));
    larger.set(this.near);
    this.near = larger;
  }

  /** Adds 1 for each row. */
  addRows(groups: Uint32Array, rows: number): void {
    const { near } = this;
    const fits = this.hasRoomFor(rows);
    for (let index = 0; index < rows; index++) {
      if (fits) near[groups[index]] += 1;
      else this.add(groups[index], 1);
    }
  }

  /** Adds an integer or decimal column's values to the groups of its rows; NULL adds nothing. */
  addColumn(column: ColumnData, groups: Uint32Array, selected: Uint32Array | null, rows: number): void {
    if (column.encoding === 'integer') {
      const { values, nulls } = column;
      const { near } = this;
      const fits = this.hasRoomFor(rows * 2 ** 31);
      for (let index = 0; index < rows; index++) {
        const row = selected ? selected[index] : index;
        if (nulls !== null && isNull(nulls, row)) continue;
        if (fits) near[groups[index]] += values[row];
        else this.add(groups[index], values[row]);
      }
    } else if (column.encoding === 'decimal') {
      if (column.nulls === null && isLow(column, selected, rows) && this.hasRoomFor(rows * 2 ** 32)) {
        const { near } = this;
        const { low } = column;
        for (let index = 0; index < rows; index++) near[groups[index]] += low[selected ? selected[index] : index];
      } else this.addDecimals(column, groups, selected, rows);
    }
  }

  private addDecimals(column: DecimalColumn, groups: Uint32Array, selected: Uint32Array | null, rows: number): void {
    const { low, high, wide, nulls } = column;
    for (let index = 0; index < rows; index++) {
      const row = selected ? selected[index] : index;
      if (nulls !== null && isNull(nulls, row)) continue;
      if (high[row] === WIDE) this.addLiteral(groups[index], wide[low[row]], 1n);
      else this.add(groups[index], joinLanes(low[row], high[row]));
    }
  }

  /** Whether sums stay within 2^53 - 1 when `more` is added to any of them, all in all. */
  private hasRoomFor(more: number): boolean {
    if (this.highest + more > Number.MAX_SAFE_INTEGER) {
      this.highest = 0;
      for (const sum of this.near) this.highest = Math.max(this.highest, Math.abs(sum));
    }
    if (this.highest + more > Number.MAX_SAFE_INTEGER) return false;
    this.highest += more;
    return true;
  }

  /** Adds 1 for each value that is not NULL. */
  countColumn(column: ColumnData, groups: Uint32Array, selected: Uint32Array | null, rows: number): void {
    if (column.encoding === 'dictionary') throw new TypeError('values of a dictionary are not counted');
    for (let index = 0; index < rows; index++) {
      if (!isNull(column.nulls, selected ? selected[index] : index)) this.add(groups[index], 1);
    }
  }

  /** @param value a safe integer, scaled */
  add(group: number, value: number): void {
    const sum = this.near[group] + value;
    // Both addends are within 2^53 - 1, so their sum is exact whenever it comes out within 2^53 - 1 as well.
    if (sum <= Number.MAX_SAFE_INTEGER && sum >= -Number.MAX_SAFE_INTEGER) {
      this.near[group] = sum;
      this.highest = Math.max(this.highest, Math.abs(sum));
      return;
    }
    this.far.set(group, (this.far.get(group) ?? 0n) + BigInt(this.near[group]));
    this.near[group] = value;
    this.highest = Math.max(this.highest, Math.abs(value));
  }

  /** @param literal decimal digits with an optional sign and fraction @param sign 1n adds, -1n takes back */
  addLiteral(group: number, literal: string, sign: 1n | -1n): void {
    const point = literal.indexOf('.');
    const scale = point < 0 ? 0 : literal.length - point - 1;
    const value = BigInt(point < 0 ? literal : literal.slice(0, point) + literal.slice(point + 1)) * sign;
    this.wide.set(group, addScaled(this.wide.get(group) ?? { value: 0n, scale: 0 }, { value, scale }));
  }

  /** The group's sum as a decimal literal. */
  total(group: number): string {
    const far = this.far.get(group);
    const wide = this.wide.get(group);
    const near = this.near[group];
    if (far === undefined && wide === undefined) return scaledText(near, this.scale);
    const narrow = { value: (far ?? 0n) + BigInt(near), scale: this.scale };
    const sum = wide ? addScaled(narrow, wide) : narrow;
    return scaledText(sum.value, sum.scale);
  }

  /** Writes the group's sum as the next element of a `numeric[]`. */
  writeTo(parameter: ArrayParameter, group: number): void {
    if (this.isNear(group)) parameter.scaled(this.near[group], this.scale);
    else parameter.literal(this.total(group));
  }

  /** Writes the group's count as the next element of a `bigint[]`. */
  writeCountTo(parameter: ArrayParameter, group: number): void {
    parameter.int8(this.isNear(group) ? this.near[group] : this.total(group));
  }

  isZero(group: number): boolean {
    return this.isNear(group) ? this.near[group] === 0 : /^-?[0.]*$/.test(this.total(group));
  }

  private isNear(group: number): boolean {
    return (this.far.size === 0 || !this.far.has(group)) && (this.wide.size === 0 || !this.wide.has(group));
  }
}

/** Whether no row has a high lane: neither a wide value nor one that passes 2^32 or 0. */
function isLow({ high }: DecimalColumn, selected: Uint32Array | null, rows: number): boolean {
  let any = 0;
  for (let index = 0; index < rows; index++) any |= high[selected ? selected[index] : index];
  return any === 0;
}

function addScaled(a: { value: bigint; scale: number }, b: { value: bigint; scale: number }) {
  const scale = Math.max(a.scale, b.scale);
  const value = a.value * 10n ** BigInt(scale - a.scale) + b.value * 10n ** BigInt(scale - b.scale);
  return { value, scale };
}
