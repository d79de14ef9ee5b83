import type { GoldRow } from '../answer-key.js';
import { decimalText, divideRounded, ExactSum } from '../exact-sum.js';
import { canonicalDecimal } from '../expect/differences.js';
import type { GoldAnswer } from './table-answer.js';
import type { GoldShape, Measure, Row, TopShape } from './table-shape.js';

/** Digits after the point of an average, as gold tables keep it. */
const AVERAGE_SCALE = 4;

/** Figures of one column in one group, in units of its scale. */
class Figures {
  count = 0;
  readonly sum = new ExactSum();
  lowest = Number.POSITIVE_INFINITY;
  highest = Number.NEGATIVE_INFINITY;

  add(value: number): void {
    this.count += 1;
    this.sum.add(value);
    if (value < this.lowest) this.lowest = value;
    if (value > this.highest) this.highest = value;
  }
}

interface Group {
  dimensions: string[];
  rows: number;
  figures: Figures[];
}

/** The contents of one gold table, added up row by row. All numbers are >= 0. */
export class GoldTally {
  private readonly groups = new Map<string, Group>();
  private readonly columns: string[];
  private readonly scales: number[];

  /** @param scaleOf digits after the point of a column */
  constructor(
    private readonly shape: GoldShape,
    scaleOf: (column: string) => number,
  ) {
    this.columns = [...new Set(Object.values(shape.measures).flatMap((measure) => columnOf(measure) ?? []))];
    this.scales = this.columns.map(scaleOf);
  }

  add(row: Row): void {
    const { dimensions, where } = this.shape;
    if (where && !where(row)) return;
    const values = dimensions.map((name) => row[name] ?? '');
    const key = values.join('\x1f');
    let group = this.groups.get(key);
    if (!group) {
      group = { dimensions: values, rows: 0, figures: this.columns.map(() => new Figures()) };
      this.groups.set(key, group);
    }
    group.rows += 1;
    for (let at = 0; at < this.columns.length; at++) {
      const value = row[this.columns[at]];
      if (value !== null) group.figures[at].add(scaled(value, this.scales[at]));
    }
  }

  answer(): GoldAnswer {
    const { table, dimensions, measures } = this.shape;
    const rows = [...this.groups.values()].map((group): GoldRow => {
      const values = Object.entries(measures).map(([name, measure]) => [name, this.measured(group, measure)]);
      return {
        ...Object.fromEntries(dimensions.map((name, at) => [name, group.dimensions[at]])),
        ...Object.fromEntries(values),
      };
    });
    return { table, dimensions, measures: Object.keys(measures), rows: sortByDimensions(rows, dimensions) };
  }

  private measured(group: Group, measure: Measure): string {
    if (measure === 'count') return String(group.rows);
    const [kind, column] = measure;
    const at = this.columns.indexOf(column);
    const { count, sum, lowest, highest } = group.figures[at];
    const scale = this.scales[at];
    const total = sum.total();
    if (kind === 'sum') return canonicalDecimal(decimalText(total, scale));
    if (kind === 'min') return canonicalDecimal(decimalText(BigInt(lowest), scale));
    if (kind === 'max') return canonicalDecimal(decimalText(BigInt(highest), scale));
    const average = divideRounded(total * 10n ** BigInt(AVERAGE_SCALE), BigInt(count) * 10n ** BigInt(scale));
    return canonicalDecimal(decimalText(average, AVERAGE_SCALE));
  }
}

function columnOf(measure: Measure): string | undefined {
  return measure === 'count' ? undefined : measure[1];
}

/** A literal >= 0 as an integer of units of its scale; it has at most as many digits after the point. */
export function scaled(literal: string, scale: number): number {
  const point = literal.indexOf('.');
  if (point < 0) return Number(literal) * 10 ** scale;
  return Number(literal.slice(0, point) + literal.slice(point + 1).padEnd(scale, '0'));
}

/** As PostgreSQL's COLLATE "C" sorts. */
export function sortByDimensions(rows: GoldRow[], dimensions: readonly string[]): GoldRow[] {
  return rows.toSorted((a, b) => compareDimensions(a, b, dimensions));
}

function compareDimensions(a: GoldRow, b: GoldRow, dimensions: readonly string[]): number {
  for (const name of dimensions) {
    const order = a[name] === b[name] ? 0 : Buffer.compare(Buffer.from(a[name]), Buffer.from(b[name]));
    if (order !== 0) return order;
  }
  return 0;
}

/** The first `n` rows of each group by one measure, the highest first; of equal ones the lower by the other dimensions. */
export function topOf(gold: GoldAnswer, { view, by, within, n }: TopShape): GoldAnswer {
  const others = gold.dimensions.filter((name) => !within.includes(name));
  const groups = Map.groupBy(gold.rows, (row) => within.map((name) => row[name]).join('\x1f'));
  const rows = [...groups.values()].flatMap((group) =>
    group.toSorted((a, b) => Number(b[by]) - Number(a[by]) || compareDimensions(a, b, others)).slice(0, n),
  );
  return { ...gold, table: view, rows };
}
