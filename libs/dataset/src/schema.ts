import { ENCODINGS, FORMATS } from '@millrace/contracts';
import { z } from 'zod';

const DATASET = /^[a-z][a-z0-9_]{0,62}$/;
/** PostgreSQL cuts longer names off without a word. */
const NAME_BYTES = 63;
const name = z
  .string()
  .refine(
    (text) => text !== '' && Buffer.byteLength(text) <= NAME_BYTES && !text.includes('\0') && !text.startsWith('_'),
    'write a name of at most 63 bytes that does not begin with _',
  );
/** Numbers stay text on their way through, digit by digit: a float would round 99999999999999.9999. */
const literal = z.string().regex(/^-?(\d+(\.\d+)?|\.\d+)$/, 'write a decimal without exponent, such as -0.5');
/** A bound: a decimal literal, or a date or timestamp; check-column.ts knows which. */
const bound = z.string().min(1);

const dialect = z.strictObject({
  delimiter: z.string().min(1).max(16).default(','),
  quote: z.string().length(1, 'write one character, or null').nullable().default('"'),
  escape: z
    .union([z.enum(['doubled', 'backslash', 'none']), z.string().length(1)], {
      error: 'write doubled, backslash, none, or one character',
    })
    .default('doubled'),
  record_end: z.enum(['any', 'lf', 'crlf', 'cr']).default('any'),
  comment: z.string().min(1).max(16).nullable().default(null),
  encoding: z.enum(ENCODINGS).default('utf-8'),
  preamble_lines: z.int().min(0).max(10_000).default(0),
  header_rows: z.int().min(0).max(16).default(1),
  footer_lines: z.int().min(0).max(10_000).default(0),
  short_rows: z.enum(['pad', 'reject']).default('reject'),
  long_rows: z.enum(['cut', 'reject']).default('reject'),
});

const source = z.strictObject({
  pattern: z.string().min(1).default('**/*.csv'),
  format: z.enum([...FORMATS, 'auto']).default('auto'),
  compression: z.enum(['auto', 'none', 'gzip', 'zstd']).default('auto'),
  dialect: z.union([z.enum(['auto', 'plain']), dialect], { error: 'write auto, plain, or a map' }).default('auto'),
  column_naming: z.enum(['as_is', 'lower', 'upper', 'capitalize', 'snake']).default('as_is'),
  extra_columns: z.enum(['ignore', 'keep', 'reject']).default('ignore'),
  drift: z.enum(['evolve', 'reject', 'ignore']).default('evolve'),
});

const words = z.array(z.string()).max(100);
const number = z.strictObject({
  decimal: z.string().length(1).default('.'),
  thousands: z.string().length(1).nullable().default(null),
  currency: z.array(z.string().min(1).max(16)).max(20).default([]),
  percent: z.boolean().default(false),
});
const outliers = z.strictObject({
  method: z.enum(['iqr', 'zscore']),
  factor: literal.optional(),
  action: z.enum(['reject', 'flag']).default('reject'),
  low: literal.nullable().default(null),
  high: literal.nullable().default(null),
});

export const COLUMN_TYPES = [
  'text',
  'email',
  'integer',
  'bigint',
  'decimal',
  'boolean',
  'date',
  'timestamp',
  'json',
] as const;

const column = z.strictObject({
  name,
  header: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  type: z.enum(COLUMN_TYPES),
  required: z.boolean().optional(),
  default: z.string().nullable().optional(),
  on_invalid: z.enum(['reject', 'default', 'null']).optional(),
  dimension: z.boolean().optional(),
  max_bytes: z.int().min(1).max(1_048_576).optional(),
  min: bound.optional(),
  max: bound.optional(),
  above: literal.optional(),
  pattern: z.string().min(1).max(1000).optional(),
  values: z.array(z.string()).min(1).max(10_000).optional(),
  formats: z.union([z.literal('auto'), z.array(z.string().min(1)).min(1).max(20)]).optional(),
  time_zone: z
    .string()
    .regex(/^(UTC|[+-]\d\d:\d\d)$/, 'write UTC or an offset such as +02:00')
    .optional(),
  precision: z.int().min(1).max(1000).optional(),
  scale: z.int().min(0).max(15).optional(),
  rounding: z.enum(['reject', 'half_up', 'half_even', 'down']).optional(),
  trim: z.boolean().optional(),
  null_words: words.optional(),
  number: number.optional(),
  pii: z.enum(['mask', 'hash']).optional(),
  outliers: outliers.optional(),
  derive: z.string().min(1).max(4000).optional(),
  from: z.array(z.string()).min(1).optional(),
});

const measure = z
  .string()
  .regex(/^(count|(sum|avg|min|max)\(.+\))$/, 'write count, sum(column), avg(column), min(column) or max(column)');

const gold = z.strictObject({
  table: name,
  dimensions: z.array(z.string()).min(1),
  where: z.string().min(1).max(4000).optional(),
  measures: z.record(name, measure),
});

const top_n = z.strictObject({
  view: name,
  of: z.string(),
  by: z.string(),
  within: z.array(z.string()).default([]),
  n: z.int().min(1).max(10_000).default(10),
});

/** The shape of `datasets/*.yaml` and `*.toml`. What fits the shape may still contradict itself: see check.ts. */
export const datasetSchema = z.strictObject({
  // The name is part of topic names, which end at 249 characters.
  name: z.string().regex(DATASET, 'write lower-case letters, digits and _, beginning with a letter, at most 63'),
  source: source.default(source.parse({})),
  table: name,
  if_table_exists: z.enum(['append', 'fail', 'replace']).default('append'),
  key: z.union([z.string(), z.array(z.string()).min(1).max(8)], {
    error: 'write a column, a list of columns, or none',
  }),
  keep: z
    .string()
    .regex(/^(first|last|max\(.+\))$/, 'write first, last or max(column)')
    .default('first'),
  parts: z.int().min(1).max(256).default(8),
  reject_threshold: z.number().min(0).max(1).default(1),
  null_words: words.default([]),
  errors: z.string().min(1).nullable().default(null),
  columns: z.array(column).min(1).max(250),
  gold: z.array(gold).default([]),
  top_n: z.array(top_n).default([]),
  references: z.array(z.strictObject({ columns: z.array(z.string()).min(1), dataset: z.string() })).default([]),
});

export type DatasetConfig = z.infer<typeof datasetSchema>;
export type ColumnConfig = DatasetConfig['columns'][number];
export type GoldConfig = DatasetConfig['gold'][number];

/** Fields whose scalars are read as they are written: no floating-point number, no null of the word NULL. */
export const LITERAL_FIELDS = [
  'min',
  'max',
  'above',
  'default',
  'factor',
  'low',
  'high',
  'delimiter',
  'quote',
  'comment',
];
export const LITERAL_LISTS = ['null_words', 'values', 'currency', 'formats', 'header', 'key', 'within', 'dimensions'];

/** The columns of the key: none for `key: none`. */
export function keyColumns({ key }: Pick<DatasetConfig, 'key'>): string[] {
  if (key === 'none') return [];
  return typeof key === 'string' ? [key] : key;
}

/** JSON Schema of a config, for editors. */
export function configSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(datasetSchema, { io: 'input', target: 'draft-7', unrepresentable: 'any' }),
    title: 'Millrace dataset',
  };
}
