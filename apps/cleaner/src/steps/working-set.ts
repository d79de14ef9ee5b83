import {
  type CodeSource,
  type IntSource,
  type LanesSource,
  NULL_INT,
  NULL_SPAN,
  type SpanSource,
} from '@millrace/columnar';
import { type Chunk, LIMITS, REJECT_CODES, type RejectCode } from '@millrace/contracts';
import type { Records } from '@millrace/csv';
import type { ColumnPlan, DatasetPlan } from '@millrace/dataset';
import { Interner } from './values/intern.js';

export { NULL_INT, NULL_SPAN };

/** One column of a chunk's rows, one entry a record; entries of rejected records are not to be read. */
export type ChunkColumn = SpanColumn | CodeColumn | IntColumn | LanesColumn;

/** Text that stands somewhere in `records.bytes`. */
export type SpanColumn = SpanSource;
export interface CodeColumn extends CodeSource {
  entries: Interner;
}
export type IntColumn = IntSource;
export type LanesColumn = LanesSource;

/**
 * What the steps of one chunk hand on. There is one a plan, reused for every chunk: steps run synchronously,
 * and allocating some hundred KB of arrays a chunk would cost more than filling them.
 */
export interface WorkingSet {
  plan: DatasetPlan;
  /** The chunk at work, and its records. */
  chunk: Chunk;
  records: Records;
  /** Of each record: 0 = accepted, else 1 + index in REJECT_CODES. */
  failure: Uint8Array;
  /** Of each rejected record: index of the first failing column, NO_COLUMN when the row as a whole failed. */
  failed_column: Uint16Array;
  /** One for each of `plan.columns`. */
  columns: ChunkColumn[];
}

export const NO_COLUMN = 0xffff;

export const FAILURE = Object.fromEntries(REJECT_CODES.map((code, index) => [code, index + 1])) as Record<
  RejectCode,
  number
>;

const sets = new WeakMap<DatasetPlan, WorkingSet>();

/** The plan's working set, for the records just parsed. */
export function workingSetOf(plan: DatasetPlan, chunk: Chunk, records: Records): WorkingSet {
  let set = sets.get(plan);
  if (!set) {
    set = {
      plan,
      chunk,
      records,
      failure: new Uint8Array(LIMITS.chunk_records),
      failed_column: new Uint16Array(LIMITS.chunk_records),
      columns: plan.columns.map(emptyColumn),
    };
    sets.set(plan, set);
  }
  set.chunk = chunk;
  set.records = records;
  return set;
}

function emptyColumn(column: ColumnPlan): ChunkColumn {
  const rows = LIMITS.chunk_records;
  switch (column.encoding) {
    case 'text':
      return { encoding: 'text', start: new Uint32Array(rows), end: new Uint32Array(rows) };
    case 'dictionary':
      return { encoding: 'dictionary', codes: new Uint16Array(rows), entries: new Interner() };
    case 'integer':
    case 'date':
      return { encoding: column.encoding, values: new Int32Array(rows) };
    case 'decimal':
      return { encoding: 'decimal', low: new Uint32Array(rows), high: new Int32Array(rows), wide: [] };
  }
}
