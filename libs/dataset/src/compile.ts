import { createHash } from 'node:crypto';
import { type Dialect, MillraceError, PLAIN_DIALECT } from '@millrace/contracts';
import { checkExpression } from '@millrace/expression';
import { keepColumn } from './check.js';
import { parseMeasure } from './check-gold.js';
import { compileColumn, hiddenColumn } from './compile-column.js';
import { placesOf, typeColumns } from './derived-types.js';
import type { ColumnPlan, DatasetPlan, GoldPlan, SourcePlan } from './plan.js';
import { type DatasetConfig, datasetSchema, keyColumns } from './schema.js';

/** What the cleaner makes of the same bytes and config. A change of that meaning raises the number. */
export const SEMANTICS = 2;
const HASH = 'murmur3-2x32';

/** Compiles a checked config. */
export function compilePlan(config: DatasetConfig): DatasetPlan {
  const indexOf = (name: string) => config.columns.findIndex((column) => column.name === name);
  const typed = typeColumns(config.columns);
  const columns = config.columns.map((column, index) => compileColumn(column, index, typed[index], config));
  const hide = (column: ColumnPlan) => columns.push(column) - 1;
  const extra_column =
    config.source.extra_columns === 'keep' ? hide(hiddenColumn('_extra', 'json', columns.length)) : null;
  const flags = config.columns.some(({ outliers }) => outliers?.action === 'flag');
  const outliers_column = flags ? hide(hiddenColumn('_outliers', 'text', columns.length)) : null;
  const gold = config.gold.map(({ table, dimensions, measures, where }, index): GoldPlan => {
    const condition = where === undefined ? null : hide(conditionColumn(where, `_where_${index + 1}`));
    return {
      table,
      dimensions: dimensions.map(indexOf),
      measures: Object.entries(measures).map(([name, expression]) => {
        const { kind, of } = parseMeasure(expression);
        return { name, kind, column: of === null ? null : indexOf(of) };
      }),
      where: condition,
    };
  });
  function conditionColumn(where: string, name: string): ColumnPlan {
    const { columns: names } = checkExpression(where, typed);
    // NULL also where the expression cannot be worked out, such as a division by zero: such a row does not count.
    const column = hiddenColumn(name, 'boolean', columns.length);
    return { ...column, derive: { function: 'expression', expression: where, from: placesOf(names, indexOf) } };
  }
  const kept = keepColumn(config.keep);
  return {
    name: config.name,
    fingerprint: fingerprintOf(config, config.parts, SEMANTICS),
    semantics: SEMANTICS,
    config,
    source: compileSource(config),
    pattern: config.source.pattern,
    table: config.table,
    if_table_exists: config.if_table_exists,
    keys: keyColumns(config).map(indexOf),
    keep: kept === null ? { kind: config.keep as 'first' | 'last' } : { kind: 'max', column: indexOf(kept) },
    parts: config.parts,
    reject_threshold: config.reject_threshold,
    errors: config.errors,
    columns,
    source_columns: columns.filter((column) => column.derive === null && !column.hidden).map((column) => column.index),
    extra_column,
    outliers_column,
    gold,
    top_n: config.top_n,
    references: config.references.map((reference) => ({ ...reference, columns: reference.columns.map(indexOf) })),
  };
}

/** The plan of a config as the registry keeps it. @throws MillraceError CONFIG_INVALID when this version cannot read it */
export function planOf(config: unknown): DatasetPlan {
  const parsed = datasetSchema.safeParse(config);
  if (parsed.success) return compilePlan(parsed.data);
  const [{ path, message }] = parsed.error.issues;
  throw new MillraceError('CONFIG_INVALID', `registered config: ${path.join('.')}: ${message}`);
}

/**
 * A registered plan as it was registered, also by another release: of its config as that one wrote it down, with the semantics that its
 * fingerprint has. undefined when no semantics up to this program's gives that fingerprint: a later release registered it.
 * @throws MillraceError CONFIG_INVALID when this program cannot read the config
 */
export function registeredPlan(config: unknown, fingerprint: string): DatasetPlan | undefined {
  const plan = planOf(config);
  if (plan.fingerprint === fingerprint) return plan;
  const { parts } = config as { parts?: unknown };
  for (let semantics = SEMANTICS; semantics > 0; semantics--) {
    if (fingerprintOf(config, parts, semantics) === fingerprint) return { ...plan, fingerprint, semantics };
  }
  return undefined;
}

/**
 * Only with the rules that a plan was made for may a chunk be cleaned: parts of it may have been applied by them.
 * @throws MillraceError PLAN_SEMANTICS
 */
export function requireSemantics({ name, fingerprint, semantics }: DatasetPlan): void {
  if (semantics === SEMANTICS) return;
  throw new MillraceError(
    'PLAN_SEMANTICS',
    `plan ${fingerprint} of ${name} has the cleaning rules ${semantics} of an earlier release, this program has ${SEMANTICS}: it waits for a cleaner of that release`,
    { place: { dataset: name } },
  );
}

/** Whether cleaning needs to know the path of the source. */
export function usesFile(plan: DatasetPlan): boolean {
  return plan.columns.some(({ derive }) => derive?.function === 'expression' && /\b_file\b/i.test(derive.expression));
}

function compileSource({ source }: DatasetConfig): SourcePlan {
  const { dialect } = source;
  if (typeof dialect === 'string') return { ...source, dialect };
  const { escape: how, quote } = dialect;
  const compiled: Dialect = {
    ...PLAIN_DIALECT,
    ...dialect,
    escape: how === 'doubled' ? quote : how === 'backslash' ? '\\' : how === 'none' ? null : how,
  };
  return { ...source, dialect: compiled };
}

function fingerprintOf(config: unknown, parts: unknown, semantics: number): string {
  const content = canonicalJson({ config, parts, hash: HASH, semantics });
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
