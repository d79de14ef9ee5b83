import type { Fault } from './fault.js';
import type { MeasurePlan } from './plan.js';
import type { ColumnConfig, DatasetConfig, GoldConfig } from './schema.js';

/** Contradictions of a gold table with the columns. @param isNullable whether a column of that name may be NULL */
export function checkGold(
  gold: GoldConfig,
  config: DatasetConfig,
  path: PropertyKey[],
  isNullable: (column: ColumnConfig) => boolean,
): Fault[] {
  const faults: Fault[] = [];
  const columnOf = (name: string) => config.columns.find((column) => column.name === name);
  gold.dimensions.forEach((name, index) => {
    const at = [...path, 'dimensions', index];
    const column = columnOf(name);
    if (!column) faults.push({ path: at, message: `no column is named ${name}` });
    else if (!['date', 'integer', 'boolean'].includes(column.type) && !column.dimension) {
      faults.push({
        path: at,
        message: `${name} is no dimension: add dimension: true to the column (text) or use a date, integer or boolean`,
      });
    } else if (isNullable(column)) {
      faults.push({ path: at, message: `${name} may be NULL: give the column a default other than null` });
    }
    if (gold.dimensions.indexOf(name) !== index) faults.push({ path: at, message: `${name} stands here twice` });
  });
  const expressions = Object.values(gold.measures);
  if (!expressions.includes('count')) {
    faults.push({ path: [...path, 'measures'], message: 'add a count measure, such as { rows: count }' });
  }
  for (const [name, expression] of Object.entries(gold.measures)) {
    const at = [...path, 'measures', name];
    if (gold.dimensions.includes(name)) faults.push({ path: at, message: `${name} is a dimension already` });
    const { kind, of } = parseMeasure(expression);
    if (of === null) continue;
    const column = columnOf(of);
    if (!column) faults.push({ path: at, message: `no column is named ${of}` });
    else if (!MEASURED[kind].includes(column.type)) {
      faults.push({ path: at, message: `${kind} takes ${describe(MEASURED[kind])} column, ${of} is ${column.type}` });
    }
  }
  return faults;
}

const NUMBERS = ['integer', 'bigint', 'decimal'];
const ORDERED = [...NUMBERS, 'date', 'timestamp'];
const MEASURED: Record<MeasurePlan['kind'], string[]> = {
  count: [],
  sum: NUMBERS,
  avg: NUMBERS,
  min: ORDERED,
  max: ORDERED,
};

const describe = (types: string[]) => `an ${types.slice(0, -1).join(', ')} or ${types.at(-1)}`;

/** `sum(revenue)` as its kind and column; a count has none. */
export function parseMeasure(expression: string): { kind: MeasurePlan['kind']; of: string | null } {
  const open = expression.indexOf('(');
  if (open < 0) return { kind: 'count', of: null };
  return { kind: expression.slice(0, open) as MeasurePlan['kind'], of: expression.slice(open + 1, -1) };
}

/** Contradictions of views over gold tables. */
export function checkTop(config: DatasetConfig): Fault[] {
  return config.top_n.flatMap(({ of, by, within }, index) => {
    const path = ['top_n', index];
    const gold = config.gold.find(({ table }) => table === of);
    if (!gold) return [{ path: [...path, 'of'], message: `no gold table is named ${of}` }];
    const faults: Fault[] = [];
    if (!(by in gold.measures)) faults.push({ path: [...path, 'by'], message: `${of} has no measure ${by}` });
    within.forEach((name, at) => {
      if (!gold.dimensions.includes(name)) {
        faults.push({ path: [...path, 'within', at], message: `${of} has no dimension ${name}` });
      }
    });
    if (within.length >= gold.dimensions.length && faults.length === 0) {
      faults.push({ path: [...path, 'within'], message: 'leave a dimension out: it is what is ranked' });
    }
    return faults;
  });
}
