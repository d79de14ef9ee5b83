import { createHash } from 'node:crypto';
import { parseMeasure } from './check.js';
import { FREE_SCALE, INTEGER_MAX, KEY_BYTES } from './check-column.js';
import type { ColumnPlan, DatasetPlan } from './plan.js';
import type { ColumnConfig, DatasetConfig } from './schema.js';

/** What the cleaner makes of the same bytes and config. A change of that meaning raises the number. */
const SEMANTICS = 1;
const HASH = 'murmur3-2x32';

/** Compiles a checked config. */
export function compilePlan(config: DatasetConfig): DatasetPlan {
  const indexOf = (name: string) => config.columns.findIndex((column) => column.name === name);
  const columns = config.columns.map((column, index) => compileColumn(column, index, config.key, indexOf));
  return {
    name: config.name,
    fingerprint: fingerprintOf(config),
    config,
    pattern: config.source.pattern,
    table: config.table,
    key: indexOf(config.key),
    parts: config.parts,
    reject_threshold: config.reject_threshold,
    columns,
    source_columns: columns.filter((column) => column.derive === null).map((column) => column.index),
    gold: config.gold.map((gold) => ({
      table: gold.table,
      dimensions: gold.dimensions.map(indexOf),
      measures: Object.entries(gold.measures).map(([name, expression]) => {
        const { kind, of } = parseMeasure(expression);
        return { name, kind, column: of === null ? null : indexOf(of) };
      }),
    })),
  };
}

function compileColumn(
  column: ColumnConfig,
  index: number,
  key: string,
  indexOf: (name: string) => number,
): ColumnPlan {
  const bounded = column.dimension || column.name === key;
  const integer = column.type === 'integer';
  return {
    name: column.name,
    type: column.type,
    encoding: column.dimension ? 'dictionary' : column.type === 'email' ? 'text' : column.type,
    index,
    required: column.required ?? false,
    default_value: column.default ?? null,
    max_bytes: column.max_bytes ?? (bounded ? KEY_BYTES : Number.POSITIVE_INFINITY),
    min: column.min ?? null,
    max: column.max ?? (integer ? INTEGER_MAX : null),
    above: column.above ?? null,
    precision: column.precision ?? null,
    scale: column.type === 'decimal' ? (column.scale ?? FREE_SCALE) : 0,
    derive: column.derive ? { function: column.derive, from: column.from!.map(indexOf) } : null,
    postgres_type: postgresType(column),
  };
}

function postgresType(column: ColumnConfig): string {
  if (column.type === 'integer' || column.type === 'date') return column.type;
  if (column.type !== 'decimal') return 'text COLLATE "C"';
  return column.precision === undefined ? 'numeric' : `numeric(${column.precision},${column.scale})`;
}

function fingerprintOf(config: DatasetConfig): string {
  const content = canonicalJson({ config, parts: config.parts, hash: HASH, semantics: SEMANTICS });
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

/** JSON with the keys of every object in order, so that equal configs have equal text. Measures' order is the table's, so it counts. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (key, inner) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    const entries = Object.entries(inner);
    return key === 'measures' ? entries : Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
