/**
 * The compiled form of a dataset's config: what every stage works from. A plan is immutable; its fingerprint
 * travels in every message, and a stage that does not know the fingerprint refuses the message.
 */
export type ColumnType = 'text' | 'email' | 'integer' | 'decimal' | 'date';

/** How a column lies in a batch body (libs/columnar). Dimensions are `dictionary`, so that gold groups by codes. */
export type ColumnEncoding = 'text' | 'dictionary' | 'integer' | 'decimal' | 'date';

export interface ColumnPlan {
  name: string;
  type: ColumnType;
  encoding: ColumnEncoding;
  /** Index in `plan.columns`, which is the table's column order. */
  index: number;
  /** required: a blank or invalid value rejects the row. Otherwise `default_value` stands in for it. */
  required: boolean;
  /** As text; null means SQL NULL. */
  default_value: string | null;
  /** text: bytes at most; Infinity when only the record bounds it. */
  max_bytes: number;
  /** integer and decimal: inclusive bounds as decimal literals; `above` is exclusive. */
  min: string | null;
  max: string | null;
  above: string | null;
  /** decimal: total digits and digits after the point; precision null = unconstrained numeric. */
  precision: number | null;
  /**
   * decimal: power of ten of the scaled integers in memory. For an unconstrained numeric this is 4 and a value
   * that does not fit it is carried as text (columnar's `wide` list), so that nothing is ever rounded.
   */
  scale: number;
  derive: { function: 'month' | 'net_amount'; from: number[] } | null;
  /** The column's PostgreSQL type: `text COLLATE "C"`, `integer`, `numeric(18,4)`, `numeric`, `date`. */
  postgres_type: string;
}

export interface MeasurePlan {
  name: string;
  kind: 'count' | 'sum' | 'avg';
  /** Index of the summed column; null for count. */
  column: number | null;
}

export interface GoldPlan {
  table: string;
  /** Indexes of `dictionary` and `date` columns. */
  dimensions: number[];
  /** `avg` is stored as a generated column over the sum of the same column and the count, rounded to 4 digits. */
  measures: MeasurePlan[];
}

export interface DatasetPlan {
  name: string;
  /** 16 hex digits: of the config, parts, hash and the cleaner's semantics version. */
  fingerprint: string;
  /** The config as parsed, for `millrace.datasets`. */
  config: unknown;
  pattern: string;
  table: string;
  /** Index of the key column: a required text column. */
  key: number;
  parts: number;
  reject_threshold: number;
  columns: ColumnPlan[];
  /** Indexes of the columns that are read from the source, in schema order. */
  source_columns: number[];
  gold: GoldPlan[];
}
