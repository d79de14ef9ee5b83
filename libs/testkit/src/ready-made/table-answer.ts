import type { Counts, FileAnswer, GoldRow } from '../answer-key.js';

/** How a column's values are written in answers: see canonical.ts. */
export type Kind = 'text' | 'integer' | 'decimal' | 'date' | 'timestamp' | 'boolean';

/** What must be true of a directory of ready-made files once every record of it is resolved. */
export interface ReadyMadeAnswer {
  dataset: 'ecommerce' | 'channel_sales';
  tables: TableAnswer[];
}

export interface TableAnswer {
  /** The name of the dataset whose config loads the table. */
  dataset: string;
  table: string;
  /** In table order, without the hidden columns. */
  columns: { name: string; kind: Kind }[];
  totals: Counts;
  /** In source order. */
  files: FileAnswer[];
  /** Sum of each number column over the rows that are written, as decimal literals. */
  sums: Record<string, string>;
  gold: GoldAnswer[];
  /** Views of the first rows of a gold table. */
  top: GoldAnswer[];
  references: ReferenceAnswer[];
}

/** Rows as text: dimensions as PostgreSQL prints them, measures as decimal literals. Top views are in order of rank, gold in no order. */
export interface GoldAnswer {
  table: string;
  dimensions: string[];
  measures: string[];
  rows: GoldRow[];
}

/** Consistency: rows whose `columns` are not NULL and are no key of the other dataset's table. */
export interface ReferenceAnswer {
  columns: string[];
  dataset: string;
  orphans: number;
}
