import { MillraceError } from '@millrace/contracts';
import type { ColumnPlan, DatasetPlan, OutlierRule } from '@millrace/dataset';
import { type Database, quote } from '@millrace/postgres';

export interface Fences {
  column: string;
  method: OutlierRule['method'];
  factor: string;
  /** How many values they come from. */
  values: number;
  /** Decimal literals, rounded outwards to the column's scale. */
  low: string;
  high: string;
}

/** Fewer say nothing. */
const LEAST_VALUES = 4;

/**
 * The fences of every outlier rule of a dataset, from the rows that its table holds now. All arithmetic is PostgreSQL's on
 * NUMERIC. @throws MillraceError CONFIG_INVALID when there are too few rows
 */
export async function fitFences(db: Database, plan: DatasetPlan): Promise<Fences[]> {
  const fences: Fences[] = [];
  for (const column of plan.columns) {
    if (column.outliers) fences.push(await fitColumn(db, plan, column, column.outliers));
  }
  return fences;
}

async function fitColumn(db: Database, plan: DatasetPlan, column: ColumnPlan, rule: OutlierRule): Promise<Fences> {
  const values = `select ${quote(column.name)}::numeric as v from public.${quote(plan.table)} where ${quote(column.name)} is not null`;
  const [{ count }] = await db.query<{ count: number }>(`select count(*)::int as count from (${values}) v`);
  if (count < LEAST_VALUES) {
    throw new MillraceError(
      'CONFIG_INVALID',
      `${plan.table}.${column.name} has ${count} values: too few to find fences`,
    );
  }
  const { center, spread } = rule.method === 'iqr' ? quartiles(values, count) : moments(values);
  const scale = column.precision === null && column.type === 'decimal' ? 4 : column.scale;
  const [{ low, high }] = await db.query<{ low: string; high: string }>(
    `with fit as (select ${center}, ${spread} from (select 1) one)
     select (floor((low - $1::numeric * spread) * 10 ^ $2::numeric) / 10 ^ $2::numeric)::numeric(1000, ${scale})::text as low,
       (ceil((high + $1::numeric * spread) * 10 ^ $2::numeric) / 10 ^ $2::numeric)::numeric(1000, ${scale})::text as high
     from fit`,
    [rule.factor, scale],
  );
  return { column: column.name, method: rule.method, factor: rule.factor, values: count, low, high };
}

/** By linear interpolation between the two values next to the quartile, as the cleaner does within a chunk. */
function quartiles(values: string, count: number): { center: string; spread: string } {
  const at = (position: number) => `(select v from (${values}) v order by v offset ${position} limit 1)`;
  const quartile = (quarter: number) => {
    const place = (count - 1) * quarter;
    const [below, part] = [Math.floor(place / 4), place % 4];
    return part === 0 ? at(below) : `(${at(below)} * ${4 - part} + ${at(below + 1)} * ${part}) / 4`;
  };
  const [first, third] = [quartile(1), quartile(3)];
  return { center: `${first} as low, ${third} as high`, spread: `${third} - ${first} as spread` };
}

/** Mean and standard deviation of the population. */
function moments(values: string): { center: string; spread: string } {
  const mean = `(select avg(v) from (${values}) v)`;
  return { center: `${mean} as low, ${mean} as high`, spread: `(select stddev_pop(v) from (${values}) v) as spread` };
}
