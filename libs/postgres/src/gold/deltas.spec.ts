import { type ColumnData, highLane } from '@millrace/columnar';
import { planOf } from '@millrace/dataset';
import { describe, expect, it } from 'vitest';
import { GoldDeltas } from './deltas.js';
import { goldTable } from './gold-table.js';

const plan = planOf({
  ...{ name: 'orders', table: 'orders', key: 'id' },
  columns: [
    { name: 'id', type: 'integer', required: true },
    { name: 'region', type: 'text', default: 'x', dimension: true },
    { name: 'ok', type: 'boolean', default: 'false' },
    { name: 'amount', type: 'decimal', precision: 10, scale: 2 },
  ],
  gold: [
    {
      table: 'all_orders',
      dimensions: ['region'],
      measures: { n: 'count', mean: 'avg(amount)', least: 'min(amount)' },
    },
    { table: 'good', dimensions: ['ok', 'region'], where: 'ok', measures: { n: 'count', most: 'max(amount)' } },
  ],
});

/** Amounts in cents, null = NULL; the region is that of the row's number. */
function batch(regions: string[], amounts: (number | null)[], ok: number[]) {
  const entries = [...new Set(regions)];
  const bytes = Buffer.from(entries.join(''));
  const nulls = new Uint8Array(1);
  amounts.forEach((amount, row) => {
    if (amount === null) nulls[0] |= 1 << row;
  });
  const flags: ColumnData = { encoding: 'integer', values: Int32Array.from(ok), nulls: null };
  const columns: ColumnData[] = [
    { encoding: 'integer', values: Int32Array.from(ok.keys()), nulls: null },
    {
      ...{ encoding: 'dictionary', bytes, offsets: Uint32Array.from([0, ...entries.keys()].map((_, at) => at)) },
      codes: Uint16Array.from(regions, (region) => entries.indexOf(region)),
    },
    flags,
    {
      encoding: 'decimal',
      low: Uint32Array.from(amounts, (amount) => (amount ?? 0) >>> 0),
      high: Int32Array.from(amounts, (amount) => highLane(amount ?? 0)),
      wide: [],
      nulls,
    },
    flags,
  ];
  return { rows: regions.length, records: Uint16Array.from(ok.keys()), columns };
}

function groupsOf(deltas: GoldDeltas, at: number) {
  const of = deltas.tables[at];
  const groups = Array.from({ length: of.index.groups }, (_, group) => group);
  return groups.map((group) => ({
    key: of.table.dimensions.map((_, d) => deltas.dimensionOf(of, group, d)).join(),
    count: of.counts.total(group),
    sums: of.sums.map((sum) => sum?.total(group)).filter((sum) => sum !== undefined),
    added: of.added.flatMap((extremes) => (extremes ? [extremes.valueOf(group)] : [])),
    lost: of.lost.flatMap((extremes) => (extremes ? [extremes.valueOf(group)] : [])),
  }));
}

describe('a gold table', () => {
  it('stores the sum and the count of the values of an average over a column that may be NULL', () => {
    expect(goldTable(plan, plan.gold[0])).toMatchObject({
      stored: [
        { name: 'n', kind: 'count' },
        { name: 'least', kind: 'min' },
        { name: '_count_amount', kind: 'values' },
        { name: '_sum_amount', kind: 'sum' },
      ],
      averages: [{ name: 'mean', sum: '_sum_amount', count: '_count_amount' }],
    });
  });

  it('keeps its own names within what PostgreSQL takes', () => {
    const amount = { ...plan.columns[3], name: 'x'.repeat(63) };
    const columns = plan.columns.map((column) => (column.index === 3 ? amount : column));
    expect(goldTable({ ...plan, columns }, plan.gold[0]).averages).toEqual([
      { name: 'mean', sum: '_sum_3', count: '_count_3' },
    ]);
  });
});

describe('gold deltas', () => {
  it('leave NULL out of sums, counts of values, and lowest and highest values', () => {
    const deltas = new GoldDeltas(plan);
    deltas.add(batch(['a', 'b', 'a', 'a'], [150, null, null, -20], [1, 1, 0, 0]), null);
    expect(groupsOf(deltas, 0)).toEqual([
      { key: 'a', count: '3', sums: ['2', '1.30'], added: ['-0.20'], lost: [null] },
      { key: 'b', count: '1', sums: ['0', '0.00'], added: [null], lost: [null] },
    ]);
  });

  it('count only rows whose condition is true, also among selected rows', () => {
    const deltas = new GoldDeltas(plan);
    deltas.add(batch(['a', 'b', 'a', 'a'], [150, null, 300, -20], [1, 1, 0, 1]), Uint32Array.of(0, 2, 3));
    expect(groupsOf(deltas, 1)).toEqual([{ key: '1,a', count: '2', sums: [], added: ['1.50'], lost: [null] }]);
  });

  it('take a row back only where it counted, and remember what was lost', () => {
    const deltas = new GoldDeltas(plan);
    deltas.add(batch(['a'], [150], [1]), null);
    const where = plan.gold[1].where!;
    const row = (ok: number, amount: string | null) =>
      new Map<number, string | number | null>([
        [1, 'a'],
        [2, ok],
        [3, amount],
        [where, ok],
      ]);
    deltas.retract(row(1, '900.00'));
    deltas.retract(row(0, null));
    expect(groupsOf(deltas, 0)).toEqual([
      { key: 'a', count: '-1', sums: ['0', '-898.50'], added: ['1.50'], lost: ['900.00'] },
    ]);
    expect(groupsOf(deltas, 1)).toEqual([{ key: '1,a', count: '0', sums: [], added: ['1.50'], lost: ['900.00'] }]);
    expect(deltas.tables.map(({ shrunk }) => [...shrunk])).toEqual([[0], [0]]);
    expect(new Set(deltas.columnsRead())).toEqual(new Set([1, 2, 3, where]));
  });
});
