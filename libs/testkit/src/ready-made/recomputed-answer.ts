import type { DatasetConfig } from '@millrace/dataset';
import type { FileAnswer, GoldRow } from '../answer-key.js';
import { totalOf } from '../answer-key.js';
import { duplicateLine, LineDigest, rejectLine, rowLine } from '../digest.js';
import { canonicalText } from './canonical.js';
import { keyOf, type Recomputed } from './recompute.js';
import type { GoldAnswer, Kind, TableAnswer } from './table-answer.js';
import type { Row } from './table-shape.js';

const KINDS: Record<string, Kind> = { email: 'text', bigint: 'integer' };
const NUMBERS = ['integer', 'bigint', 'decimal'];
type Conditions = Record<string, (row: Row) => boolean>;

/** What was recomputed, in the form of the generators' answers. @param all of every dataset by name @param conditions `where` of gold, as functions */
export function recomputedAnswer(
  config: DatasetConfig,
  all: ReadonlyMap<string, { config: DatasetConfig; found: Recomputed }>,
  sizes: ReadonlyMap<string, number>,
  conditions: Conditions,
): TableAnswer {
  const found = all.get(config.name)!.found;
  const columns = config.columns.map(({ name, type }) => ({ name, kind: KINDS[type] ?? (type as Kind) }));
  const gold = config.gold.map((table) => goldOf(table, found.rows, conditions));
  const files = found.counts.map((counts): FileAnswer => {
    const digests = digestsOf(columns, found, counts.file);
    return { ...counts, size_bytes: sizes.get(counts.file)!, ...digests };
  });
  return {
    dataset: config.name,
    table: config.table,
    columns,
    totals: totalOf(files),
    files,
    sums: Object.fromEntries(
      config.columns
        .filter(({ type }) => NUMBERS.includes(type))
        .map(({ name }) => [name, sumOf(found.rows.map((row) => row[name]))]),
    ),
    gold,
    top: config.top_n.map((view) => topOf(view, gold.find(({ table }) => table === view.of)!)),
    references: config.references.map(({ columns, dataset }) => {
      const keys = new Set(all.get(dataset)!.found.rows.map((row) => tupleOf(row, keyOf(all.get(dataset)!.config))));
      return { columns, dataset, orphans: found.rows.filter((row) => !keys.has(tupleOf(row, columns))).length };
    }),
  };
}

const tupleOf = (row: Row, columns: readonly string[]) => JSON.stringify(columns.map((name) => row[name]));

function digestsOf(columns: readonly { name: string; kind: Kind }[], found: Recomputed, file: string) {
  const rows = new LineDigest();
  const duplicates = new LineDigest();
  const rejects = new LineDigest();
  for (const row of found.rows.filter((row) => row._file === file)) {
    const record = Number(row._record);
    rows.add(
      record,
      rowLine(
        columns.map(({ name, kind }) => canonicalText(kind, row[name])),
        record,
      ),
    );
  }
  for (const { record, key, winner_file, winner_record } of found.duplicates.filter((row) => row.file === file)) {
    duplicates.add(record, duplicateLine(record, key, winner_file, winner_record));
  }
  const rejected = found.rejects.filter((row) => row.file === file).sort((a, b) => a.record - b.record);
  for (const { record, column, code } of rejected) rejects.add(record, rejectLine(record, column, code));
  return {
    rows_digest: rows.finish(),
    duplicates_digest: duplicates.finish(),
    rejects_digest: rejects.finish(),
  };
}

/** Exact: in units of the sixth digit after the point, which no value here passes. */
const UNITS = 6;
const unitsOf = (value: string) => {
  const [whole, fraction = ''] = value.split('.');
  return BigInt(whole + fraction.padEnd(UNITS, '0'));
};
const literalOf = (units: bigint) => {
  const digits = String(units).padStart(UNITS + 1, '0');
  return `${digits.slice(0, -UNITS)}.${digits.slice(-UNITS)}`.replace(/\.?0+$/, '');
};

function sumOf(values: readonly (string | null)[]): string {
  return literalOf(values.reduce((sum, value) => sum + (value === null ? 0n : unitsOf(value)), 0n));
}

function goldOf(
  { table, dimensions, measures, where }: DatasetConfig['gold'][number],
  rows: readonly Row[],
  conditions: Conditions,
): GoldAnswer {
  const counted = where === undefined ? rows : rows.filter(conditions[where]);
  const groups = Map.groupBy(counted, (row) => JSON.stringify(dimensions.map((name) => row[name])));
  const result = [...groups.values()].map((group): GoldRow => {
    const row = Object.fromEntries(dimensions.map((name) => [name, group[0][name]!]));
    for (const [name, expression] of Object.entries(measures)) row[name] = measureOf(expression, group);
    return row;
  });
  const order = (row: GoldRow) => Buffer.from(dimensions.map((name) => row[name]).join('\x1f'));
  return {
    table,
    dimensions,
    measures: Object.keys(measures),
    rows: result.sort((a, b) => order(a).compare(order(b))),
  };
}

function measureOf(expression: string, group: readonly Row[]): string {
  if (expression === 'count') return String(group.length);
  const [kind, column] = expression.slice(0, -1).split('(');
  const values = group.flatMap((row) => row[column] ?? []);
  if (kind === 'sum') return sumOf(values);
  const units = values.map(unitsOf);
  const rising = units.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  if (kind === 'min') return literalOf(rising[0]);
  if (kind === 'max') return literalOf(rising[rising.length - 1]);
  const total = units.reduce((a, b) => a + b, 0n);
  // Rounded half up to four digits: units are of six.
  const average = (2n * total + 100n * BigInt(values.length)) / (200n * BigInt(values.length));
  return literalOf(average * 100n);
}

function topOf({ view, by, within, n }: DatasetConfig['top_n'][number], gold: GoldAnswer): GoldAnswer {
  const others = gold.dimensions.filter((name) => !within.includes(name));
  const rank = (row: GoldRow) => {
    const isBetter = (other: GoldRow) =>
      unitsOf(other[by]) > unitsOf(row[by]) || (other[by] === row[by] && tupleOf(other, others) < tupleOf(row, others));
    return 1 + gold.rows.filter((other) => tupleOf(other, within) === tupleOf(row, within) && isBetter(other)).length;
  };
  const ranked = gold.rows.map((row) => ({ row, rank: rank(row), group: tupleOf(row, within) }));
  const first = ranked.filter(({ rank }) => rank <= n);
  first.sort((a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : a.rank - b.rank));
  return { ...gold, table: view, rows: first.map(({ row }) => row) };
}
