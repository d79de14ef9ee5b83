import type { Dialect, Format } from '@millrace/contracts';

/**
 * The compiled form of a dataset's config: what every stage works from. A plan is immutable; its fingerprint
 * travels in every message, and a stage that does not know the fingerprint refuses the message.
 */
export interface DatasetPlan {
  name: string;
  /** 16 hex digits: of the config, parts, hash and the cleaner's semantics version. */
  fingerprint: string;
  /** The cleaner's semantics version in the fingerprint: that of an earlier release where that one registered the plan. */
  semantics: number;
  /** The config as parsed, for `millrace.datasets`: `planOf` makes the same plan of it again. */
  config: unknown;
  source: SourcePlan;
  /** Of the file names; `source.pattern`. */
  pattern: string;
  table: string;
  if_table_exists: 'append' | 'fail' | 'replace';
  /** Indexes of the key's columns, all required; none: every row is written, and its position is its identity. */
  keys: number[];
  /** Which of the rows with one key is kept. `max`: the highest value, NULL lowest; of equal ones the lowest position. */
  keep: { kind: 'first' | 'last' } | { kind: 'max'; column: number };
  parts: number;
  reject_threshold: number;
  /** Directory for rejects as CSV. */
  errors: string | null;
  columns: ColumnPlan[];
  /** Indexes of the columns that are read from the source, in schema order. */
  source_columns: number[];
  /** Index of the hidden column that keeps extra fields, and of the one that names outliers; null where there is none. */
  extra_column: number | null;
  outliers_column: number | null;
  gold: GoldPlan[];
  top_n: TopPlan[];
  references: ReferencePlan[];
}

export interface SourcePlan {
  pattern: string;
  format: Format | 'auto';
  compression: 'auto' | 'none' | 'gzip' | 'zstd';
  dialect: Dialect | 'auto' | 'plain';
  column_naming: ColumnNaming;
  extra_columns: 'ignore' | 'keep' | 'reject';
  drift: 'evolve' | 'reject' | 'ignore';
}

export type ColumnNaming = 'as_is' | 'lower' | 'upper' | 'capitalize' | 'snake';

export type ColumnType =
  | 'text'
  | 'email'
  | 'integer'
  | 'bigint'
  | 'decimal'
  | 'boolean'
  | 'date'
  | 'timestamp'
  | 'json';

/**
 * How a column lies in a batch body (libs/columnar). Text dimensions are `dictionary`, so that gold groups by codes. A boolean
 * is an `integer` of 0 or 1; a bigint a `decimal` of scale 0; a timestamp a `decimal` of scale 6, seconds since 1970 in UTC; json is `text`.
 */
export type ColumnEncoding = 'text' | 'dictionary' | 'integer' | 'decimal' | 'date';

export interface ColumnPlan {
  name: string;
  type: ColumnType;
  encoding: ColumnEncoding;
  /** Index in `plan.columns`, which is the table's column order. */
  index: number;
  /** Added behind the config's columns, for the work of the config: `_extra`, `_outliers`, `_where_1`. */
  hidden: boolean;
  /** Its names in a source, in order of preference. */
  headers: string[];
  /** Whether it may hold NULL. */
  nullable: boolean;
  /** required: a blank value rejects the row. Otherwise `default_value` stands in for it. */
  required: boolean;
  /** What becomes of a value that is not valid. */
  on_invalid: 'reject' | 'default' | 'null';
  /** As text; null means SQL NULL. */
  default_value: string | null;
  /** text: bytes at most; Infinity when only the record bounds it. */
  max_bytes: number;
  /** Inclusive bounds: numbers as decimal literals, dates and timestamps in ISO 8601; `above` is exclusive, for numbers. */
  min: string | null;
  max: string | null;
  above: string | null;
  /** Whether numbers may have a minus sign: one that may not be negative by its bounds refuses the sign itself. */
  signed: boolean;
  /** decimal: total digits and digits after the point; precision null = unconstrained numeric. */
  precision: number | null;
  /**
   * decimal: power of ten of the scaled integers in memory. For an unconstrained numeric this is 4 and a value
   * that does not fit it is carried as text (columnar's `wide` list), so that nothing is ever rounded.
   */
  scale: number;
  /** What becomes of digits beyond the scale. */
  rounding: 'reject' | 'half_up' | 'half_even' | 'down';
  trim: boolean;
  /** Values that count as blank, as they stand after trimming. */
  null_words: string[];
  /** RE2 syntax; found anywhere in the value unless it is anchored. */
  pattern: string | null;
  values: string[] | null;
  /** dates and timestamps: what is accepted, tried in this order; auto: chosen for each source. */
  formats: string[] | 'auto';
  /** timestamps without a zone: `UTC` or `+hh:mm`. */
  time_zone: string;
  number: NumberStyle | null;
  pii: 'mask' | 'hash' | null;
  outliers: OutlierRule | null;
  derive: DerivePlan | null;
  /** The column's PostgreSQL type: `text COLLATE "C"`, `integer`, `numeric(18,4)`, `numeric`, `date`, `boolean`, `timestamp with time zone`, `jsonb`. */
  postgres_type: string;
}

/** How numbers are spelt where they are no plain digits. */
export interface NumberStyle {
  decimal: string;
  thousands: string | null;
  currency: string[];
  percent: boolean;
}

export interface OutlierRule {
  method: 'iqr' | 'zscore';
  /** Decimal literals. */
  factor: string;
  action: 'reject' | 'flag';
  /** Fixed fences; null: from the chunk's accepted values. */
  low: string | null;
  high: string | null;
}

/** `from`: indexes of the columns that are read; those of an expression may be derived columns that stand before it. */
export type DerivePlan =
  | { function: 'month' | 'net_amount'; from: number[] }
  | { function: 'expression'; expression: string; from: number[] };

export interface MeasurePlan {
  name: string;
  kind: 'count' | 'sum' | 'avg' | 'min' | 'max';
  /** Index of the measured column; null for count. */
  column: number | null;
}

export interface GoldPlan {
  table: string;
  /** Indexes of `dictionary`, `date` and `integer` columns (booleans are among the last). */
  dimensions: number[];
  /** `avg` is stored as a generated column over the sum of the same column and the count of its values, rounded to 4 digits. */
  measures: MeasurePlan[];
  /** Index of a boolean column: only rows with true count. */
  where: number | null;
}

/** A view over a gold table: the `n` rows with the highest `by` within each group of `within`; ties go by the other dimensions. */
export interface TopPlan {
  view: string;
  of: string;
  by: string;
  within: string[];
  n: number;
}

/** Its values should stand as keys in another dataset's table: told in figures, never enforced. */
export interface ReferencePlan {
  columns: number[];
  dataset: string;
}
