import { type ColumnData, isNull, joinLanes, scaledText, WIDE } from '@millrace/columnar';

/**
 * Exact sums of scaled integers by group. A group's sum is a double until it would pass 2^53 - 1, beyond which doubles skip
 * integers; what it has by then moves to a BigInt. Decimals that no scaled integer holds are added as BigInt at their own scale.
 */
export class ExactSums {
  private near = new Float64Array(256);
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

  /** Adds an integer or decimal column's values to the groups of its rows; NULL adds nothing. */
  addColumn(column: ColumnData, groups: Uint32Array, selected: Uint32Array | null, rows: number): void {
    for (let index = 0; index < rows; index++) {
      const row = selected ? selected[index] : index;
      if (column.encoding === 'integer') {
        if (column.nulls === null || !isNull(column.nulls, row)) this.add(groups[index], column.values[row]);
      } else if (column.encoding === 'decimal') {
        if (column.nulls !== null && isNull(column.nulls, row)) continue;
        if (column.high[row] === WIDE) this.addLiteral(groups[index], column.wide[column.low[row]], 1n);
        else this.add(groups[index], joinLanes(column.low[row], column.high[row]));
      }
    }
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
      return;
    }
    this.far.set(group, (this.far.get(group) ?? 0n) + BigInt(this.near[group]));
    this.near[group] = value;
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

  isZero(group: number): boolean {
    if (this.near[group] === 0 && !this.far.has(group) && !this.wide.has(group)) return true;
    return /^-?[0.]*$/.test(this.total(group));
  }
}

function addScaled(a: { value: bigint; scale: number }, b: { value: bigint; scale: number }) {
  const scale = Math.max(a.scale, b.scale);
  const value = a.value * 10n ** BigInt(scale - a.scale) + b.value * 10n ** BigInt(scale - b.scale);
  return { value, scale };
}
