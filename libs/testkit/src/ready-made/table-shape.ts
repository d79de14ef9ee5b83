import type { RejectCode } from '@millrace/contracts';
import type { Kind } from './table-answer.js';

/** The values of one row by column name: numbers as literals, timestamps as ISO 8601 in UTC; null is NULL. */
export type Row = Record<string, string | null>;

/** What a table is, as the generator knows it: the config says the same again, and a spec holds the two together. */
export interface TableShape {
  dataset: string;
  table: string;
  key: string[];
  /** In table order. */
  columns: ColumnShape[];
  gold: GoldShape[];
  top?: TopShape[];
  references?: { columns: string[]; dataset: string }[];
}

export interface ColumnShape {
  name: string;
  kind: Kind;
  /** decimal: digits after the point. */
  scale?: number;
  /** Its name in the files where it is another one. */
  header?: string;
  /** Of the row that will be written: such a column stands in no file. */
  derive?: (row: Row) => string | null;
  /** Values that reject the record, as they stand in a file, by the code that they must get. */
  bad?: [RejectCode, string[]][];
  /** What stands for another value: a null word, or what is not valid and gives way to a default or NULL. */
  odd?: [string | null, string[]][];
}

export interface GoldShape {
  table: string;
  dimensions: string[];
  measures: Record<string, Measure>;
  /** Rows that count; all without it. */
  where?: (row: Row) => boolean;
}

/** `count`, or a kind and a number column; NULL does not count. */
export type Measure = 'count' | ['sum' | 'avg' | 'min' | 'max', string];

export interface TopShape {
  view: string;
  of: string;
  by: string;
  within: string[];
  n: number;
}

export const BLANK = ['', ' ', '""', '"  "'];
/** Null words of the ready-made configs, and blanks. */
export const MISSING = ['', ' ', 'N/A', '-', 'NULL'];
