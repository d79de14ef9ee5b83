import { checkColumn, KEY_BYTES } from './check-column.js';
import { checkDerive } from './check-derive.js';
import type { Fault } from './fault.js';
import type { DatasetConfig, GoldConfig } from './schema.js';

/** Contradictions in a config that has the right shape. */
export function checkConfig(config: DatasetConfig): Fault[] {
  const faults = [
    ...checkNames(config),
    ...checkKey(config),
    ...config.columns.flatMap((column, index) => checkColumn(column, ['columns', index])),
    ...config.gold.flatMap((gold, index) => checkGold(gold, config, ['gold', index])),
  ];
  if (faults.length > 0) return faults;
  // What is derived is worked out from the columns, which must make sense first.
  return config.columns.flatMap((column, index) =>
    column.derive ? checkDerive(column, config.columns, ['columns', index]) : [],
  );
}

function checkNames(config: DatasetConfig): Fault[] {
  const faults: Fault[] = [];
  const columns = new Set<string>();
  config.columns.forEach(({ name }, index) => {
    if (columns.has(name)) faults.push({ path: ['columns', index, 'name'], message: `second column named ${name}` });
    columns.add(name);
  });
  const tables = new Set([config.table]);
  config.gold.forEach(({ table }, index) => {
    if (tables.has(table)) faults.push({ path: ['gold', index, 'table'], message: `second table named ${table}` });
    tables.add(table);
  });
  return faults;
}

function checkKey(config: DatasetConfig): Fault[] {
  const index = config.columns.findIndex(({ name }) => name === config.key);
  if (index < 0) return [{ path: ['key'], message: `no column is named ${config.key}` }];
  const key = config.columns[index];
  if (key.type !== 'text') return [{ path: ['columns', index, 'type'], message: 'the key must be of type text' }];
  if (key.derive) return [{ path: ['columns', index, 'derive'], message: 'the key must be read from the source' }];
  if (key.dimension) return [{ path: ['columns', index, 'dimension'], message: 'the key is no dimension: remove it' }];
  if ((key.max_bytes ?? 0) > KEY_BYTES) {
    return [{ path: ['columns', index, 'max_bytes'], message: `a key has at most ${KEY_BYTES} bytes` }];
  }
  if (!key.required) return [{ path: ['columns', index], message: 'the key must say required: true' }];
  return [];
}

function checkGold(gold: GoldConfig, config: DatasetConfig, path: PropertyKey[]): Fault[] {
  const faults: Fault[] = [];
  const columnOf = (name: string) => config.columns.find((column) => column.name === name);
  gold.dimensions.forEach((name, index) => {
    const at = [...path, 'dimensions', index];
    const column = columnOf(name);
    if (!column) faults.push({ path: at, message: `no column is named ${name}` });
    else if (column.type !== 'date' && !column.dimension) {
      faults.push({
        path: at,
        message: `${name} is no dimension: add dimension: true to the column (text) or use a date`,
      });
    } else if (column.default === null) {
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
    else if (column.type !== 'integer' && column.type !== 'decimal') {
      faults.push({ path: at, message: `${kind} takes an integer or decimal column, ${of} is ${column.type}` });
    } else if (column.default === null) {
      faults.push({ path: at, message: `${of} may be NULL: give the column a default other than null` });
    }
    if (kind === 'avg' && !expressions.includes(`sum(${of})`)) {
      faults.push({ path: at, message: `add a measure sum(${of}): the average is kept as sum and count` });
    }
  }
  return faults;
}

/** `sum(revenue)` as its kind and column; a count has none. */
export function parseMeasure(expression: string): { kind: 'count' | 'sum' | 'avg'; of: string | null } {
  const [kind, of] = expression.replace(')', '').split('(');
  return { kind: kind as 'count' | 'sum' | 'avg', of: of ?? null };
}
