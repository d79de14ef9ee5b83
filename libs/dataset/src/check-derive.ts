import { checkExpression, fits } from '@millrace/expression';
import { INTEGER_MAX } from './bounds.js';
import { isExpression, readableBy } from './derived-types.js';
import type { Fault } from './fault.js';
import { compareLiterals, scaleLiteral } from './literals.js';
import type { ColumnConfig, DatasetConfig } from './schema.js';

/** What each derived column takes and gives. */
const SIGNATURES = {
  month: { takes: ['date'], gives: 'text' },
  net_amount: { takes: ['integer', 'decimal', 'decimal'], gives: 'decimal' },
} as const;

/** Contradictions of a derived column with the columns that it is derived from. */
export function checkDerive(column: ColumnConfig, config: DatasetConfig, index: number, path: PropertyKey[]): Fault[] {
  if (isExpression(column)) return checkExpressionColumn(column, config, index, path);
  const { columns } = config;
  const { takes, gives } = SIGNATURES[column.derive as keyof typeof SIGNATURES];
  const faults: Fault[] = [];
  if (column.type !== gives) faults.push({ path: [...path, 'type'], message: `${column.derive} gives type ${gives}` });
  const from = (column.from ?? []).map((name) => columns.find((other) => other.name === name));
  if (from.length !== takes.length) {
    const message = `${column.derive} takes ${takes.length} columns, write from: [${takes.join(', ')}]`;
    faults.push({ path: column.from ? [...path, 'from'] : path, message });
  }
  from.forEach((source, index) => {
    const at = [...path, 'from', index];
    const name = column.from![index];
    if (!source) faults.push({ path: at, message: `no column is named ${name}` });
    else if (source.derive) faults.push({ path: at, message: `${name} is derived itself` });
    else if (source.type !== takes[index]) {
      faults.push({
        path: at,
        message: `${column.derive} takes ${takes[index] ?? 'no column'} here, ${name} is ${source.type}`,
      });
    } else if ((!source.required && source.default == null) || source.on_invalid === 'null') {
      faults.push({ path: at, message: `${name} may be NULL: give it a default other than null` });
    }
  });
  if (faults.length === 0 && column.derive === 'net_amount') {
    const [quantity, price, percent] = from as ColumnConfig[];
    if (percent.max === undefined || compareLiterals(percent.max, '100') > 0) {
      faults.push({ path: [...path, 'from', 2], message: `${percent.name} needs max: 100 (or less)` });
    }
    for (const [at, factor] of [quantity, price, percent].entries()) {
      if (factor.min === undefined && factor.above === undefined) {
        faults.push({ path: [...path, 'from', at], message: `${factor.name} needs min: 0 (or above: 0)` });
      }
    }
    if (column.scale === undefined) {
      faults.push({ path, message: 'net_amount is rounded: write precision and scale' });
    } else if (!holdsProduct(column, quantity, price)) {
      const message = 'too few digits for the largest quantity times the largest price: raise precision';
      faults.push({ path: [...path, 'precision'], message });
    }
  }
  return faults;
}

function holdsProduct(column: ColumnConfig, quantity: ColumnConfig, price: ColumnConfig): boolean {
  const scale = price.scale ?? 4;
  let largest: bigint;
  if (price.precision !== undefined) largest = 10n ** BigInt(price.precision) - 1n;
  else if (price.max !== undefined) largest = scaleLiteral(price.max, scale);
  else return false;
  const product = BigInt(quantity.max ?? INTEGER_MAX) * largest;
  const whole = product / 10n ** BigInt(scale) + 1n;
  return whole <= 10n ** BigInt(column.precision! - column.scale!);
}

function checkExpressionColumn(
  column: ColumnConfig,
  { columns }: DatasetConfig,
  index: number,
  path: PropertyKey[],
): Fault[] {
  const { type, faults } = checkExpression(column.derive as string, readableBy(columns, index));
  const at = [...path, 'derive'];
  if (faults.length > 0) {
    return faults.map((fault) => ({ path: at, message: `at character ${fault.at + 1}: ${fault.message}` }));
  }
  if (!fits(type, column.type)) {
    return [{ path: [...path, 'type'], message: `the expression gives ${type.kind}: write that type, or cast it` }];
  }
  return [];
}
