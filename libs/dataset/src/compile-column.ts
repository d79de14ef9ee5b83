import { checkExpression, type ExpressionColumn } from '@millrace/expression';
import { BIGINT_MAX, BIGINT_MIN, FREE_SCALE, INTEGER_MAX, INTEGER_MIN, KEY_BYTES } from './bounds.js';
import { isExpression, placesOf, readableBy } from './derived-types.js';
import type { ColumnEncoding, ColumnPlan, ColumnType, DerivePlan, OutlierRule } from './plan.js';
import { type ColumnConfig, type DatasetConfig, keyColumns } from './schema.js';

/** Least and greatest values of types that have some. */
const RANGE: Partial<Record<ColumnType, [string, string]>> = {
  integer: [INTEGER_MIN, INTEGER_MAX],
  bigint: [BIGINT_MIN, BIGINT_MAX],
};
/** What Tukey, and what most people, take. */
const FACTORS = { iqr: '1.5', zscore: '3' };
const MICROSECONDS = 6;

export function compileColumn(
  column: ColumnConfig,
  index: number,
  { nullable }: ExpressionColumn,
  config: DatasetConfig,
): ColumnPlan {
  const { name, type, header } = column;
  const bounded = column.dimension || (type === 'text' && keyColumns(config).includes(name));
  const [least, most] = RANGE[type] ?? [null, null];
  const required = column.required ?? false;
  return {
    name,
    type,
    encoding: encodingOf(type, column.dimension ?? false),
    index,
    hidden: false,
    headers: header === undefined ? [name] : typeof header === 'string' ? [header] : header,
    nullable,
    required,
    on_invalid: column.on_invalid ?? (required || column.derive ? 'reject' : 'default'),
    default_value: column.default ?? null,
    max_bytes: column.max_bytes ?? (bounded ? KEY_BYTES : Number.POSITIVE_INFINITY),
    // What must be positive anyway may not be negative either.
    min: column.min ?? (column.above === undefined ? least : null),
    max: column.max ?? most,
    above: column.above ?? null,
    signed: isSigned(column),
    precision: column.precision ?? null,
    scale: type === 'decimal' ? (column.scale ?? FREE_SCALE) : type === 'timestamp' ? MICROSECONDS : 0,
    rounding: column.rounding ?? (isExpression(column) ? 'half_up' : 'reject'),
    trim: column.trim ?? true,
    null_words: column.null_words ?? config.null_words,
    pattern: column.pattern ?? null,
    values: column.values ?? null,
    formats: column.formats ?? [],
    time_zone: column.time_zone ?? 'UTC',
    number: column.number ?? null,
    pii: column.pii ?? null,
    outliers: outliersOf(column),
    derive: deriveOf(column, index, config),
    postgres_type: postgresType(column),
  };
}

/** A column that the config asks for without naming it. */
export function hiddenColumn(name: string, type: 'json' | 'text' | 'boolean', index: number): ColumnPlan {
  return {
    name,
    type,
    encoding: encodingOf(type, false),
    index,
    hidden: true,
    headers: [],
    nullable: true,
    required: false,
    on_invalid: 'null',
    default_value: null,
    max_bytes: Number.POSITIVE_INFINITY,
    min: null,
    max: null,
    above: null,
    signed: false,
    precision: null,
    scale: 0,
    rounding: 'reject',
    trim: true,
    null_words: [],
    pattern: null,
    values: null,
    formats: [],
    time_zone: 'UTC',
    number: null,
    pii: null,
    outliers: null,
    derive: null,
    postgres_type: postgresType({ type }),
  };
}

function encodingOf(type: ColumnType, dimension: boolean): ColumnEncoding {
  if (dimension) return 'dictionary';
  if (type === 'boolean') return 'integer';
  if (type === 'bigint' || type === 'timestamp') return 'decimal';
  return type === 'email' || type === 'json' ? 'text' : type;
}

function isSigned({ min, above }: ColumnConfig): boolean {
  const isPositive = (literal: string | undefined) => literal !== undefined && !literal.startsWith('-');
  return !(isPositive(min) || isPositive(above));
}

function outliersOf({ outliers }: ColumnConfig): OutlierRule | null {
  if (!outliers) return null;
  return { ...outliers, factor: outliers.factor ?? FACTORS[outliers.method] };
}

function deriveOf(column: ColumnConfig, index: number, { columns }: DatasetConfig): DerivePlan | null {
  const { derive } = column;
  if (derive === undefined) return null;
  const indexOf = (name: string) => columns.findIndex((other) => other.name === name);
  if (derive === 'month' || derive === 'net_amount')
    return { function: derive, from: (column.from ?? []).map(indexOf) };
  const { columns: names } = checkExpression(derive, readableBy(columns, index));
  return { function: 'expression', expression: derive, from: placesOf(names, indexOf) };
}

function postgresType({ type, precision, scale }: Pick<ColumnConfig, 'type' | 'precision' | 'scale'>): string {
  switch (type) {
    case 'text':
    case 'email':
      return 'text COLLATE "C"';
    case 'timestamp':
      return 'timestamp with time zone';
    case 'json':
      return 'jsonb';
    case 'decimal':
      return precision === undefined ? 'numeric' : `numeric(${precision},${scale})`;
    default:
      return type;
  }
}
