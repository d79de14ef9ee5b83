import type { Dialect, Format } from '@millrace/contracts';
import type { ColumnType } from '@millrace/dataset';
import type { FieldProfile } from './field-profile.js';

/** What a file declares of a field: Parquet does, text formats do not. */
export interface DeclaredType {
  type: ColumnType;
  precision: number | null;
  scale: number | null;
}

/** So many rows of a sample are kept as they are. */
export const FIRST_ROWS = 500;

/** What a look at a file has found. */
export interface FileSample {
  /** As given. */
  path: string;
  format: Format;
  compression: 'gzip' | 'zstd' | null;
  /** CSV: how it is read. */
  dialect: Dialect | null;
  /** Sentences about what was found, for people. */
  findings: string[];
  fields: FieldProfile[];
  /** In the order of `fields`, where the file declares types. */
  declared: DeclaredType[] | null;
  rows: number;
  /** The first of them. */
  first_rows: string[][];
  /** Whether the sample is all of the file. */
  complete: boolean;
  /** Rows of the whole file, where it says so itself; null where that is an estimate. */
  rows_in_file: number | null;
  /** Of the file, of its text (an estimate where it is compressed), and of the text that was looked at. */
  size_bytes: number;
  text_bytes: number;
  sampled_bytes: number;
}
