import { z } from 'zod';

const NAME = /^[a-z][a-z0-9_]{0,62}$/;
const name = z.string().regex(NAME, 'write lower-case letters, digits and _, beginning with a letter, at most 63');
/** Numbers stay text on their way through, digit by digit: a float would round 99999999999999.9999. */
const literal = z.string().regex(/^(\d+(\.\d+)?|\.\d+)$/, 'write a decimal without sign or exponent, such as 0.5');

const column = z.strictObject({
  name,
  type: z.enum(['text', 'email', 'integer', 'decimal', 'date']),
  required: z.boolean().optional(),
  default: z.string().nullable().optional(),
  dimension: z.boolean().optional(),
  max_bytes: z.int().min(1).max(1_048_576).optional(),
  min: literal.optional(),
  max: literal.optional(),
  above: literal.optional(),
  precision: z.int().min(1).max(1000).optional(),
  scale: z.int().min(0).max(15).optional(),
  derive: z.enum(['month', 'net_amount']).optional(),
  from: z.array(z.string()).min(1).optional(),
});

const measure = z.string().regex(/^(count|(sum|avg)\([a-z][a-z0-9_]*\))$/, 'write count, sum(column) or avg(column)');

const gold = z.strictObject({
  table: name,
  dimensions: z.array(z.string()).min(1),
  measures: z.record(name, measure),
});

/** The shape of `datasets/*.yaml`. What fits the shape may still contradict itself: see check.ts. */
export const datasetSchema = z.strictObject({
  // The name is part of topic names, which end at 249 characters.
  name,
  source: z.strictObject({ pattern: z.string().min(1).default('**/*.csv') }).default({ pattern: '**/*.csv' }),
  table: name,
  key: z.string(),
  keep: z.literal('first').default('first'),
  parts: z.int().min(1).max(256).default(8),
  reject_threshold: z.number().min(0).max(1).default(1),
  columns: z.array(column).min(1).max(250),
  gold: z.array(gold).default([]),
});

export type DatasetConfig = z.infer<typeof datasetSchema>;
export type ColumnConfig = DatasetConfig['columns'][number];
export type GoldConfig = DatasetConfig['gold'][number];

/** Fields whose scalars are read as written, not as floating-point numbers. */
export const LITERAL_FIELDS = ['min', 'max', 'above', 'default'];
