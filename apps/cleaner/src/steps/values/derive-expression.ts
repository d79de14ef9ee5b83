import { type Records, reserveSpare } from '@millrace/csv';
import type { ColumnPlan, DatasetPlan } from '@millrace/dataset';
import { type CompiledExpression, compileExpression, type TextSink } from '@millrace/expression';
import { FAILURE, type WorkingSet } from '../working-set.js';
import { failRow } from './cells.js';

/** A derived column's expression, and the columns that it was compiled with. */
export interface DerivedColumn {
  compiled: CompiledExpression;
  /** Indexes in `plan.columns`. */
  columns: number[];
}

const derived = new WeakMap<DatasetPlan, Map<number, DerivedColumn>>();

/** The column's expression, compiled once a plan. */
export function derivedColumn(plan: DatasetPlan, column: ColumnPlan, expression: string): DerivedColumn {
  let columns = derived.get(plan);
  if (!columns) {
    columns = new Map();
    derived.set(plan, columns);
  }
  let found = columns.get(column.index);
  if (!found) {
    const readable = plan.columns.filter((other) => isReadable(other, column));
    found = { compiled: compileExpression(expression, readable, column), columns: readable.map(({ index }) => index) };
    columns.set(column.index, found);
  }
  return found;
}

/** What an expression may read: what came from the source, and what is derived before it. */
function isReadable(other: ColumnPlan, { index }: ColumnPlan): boolean {
  return !other.hidden && (other.derive === null || other.index < index);
}

/** Fills a column from its expression. A row for which it cannot be computed is rejected, unless the column says otherwise. */
export function deriveExpression(set: WorkingSet, column: ColumnPlan, expression: string): void {
  const { plan, records, failure } = set;
  const { compiled, columns } = derivedColumn(plan, column, expression);
  const input = {
    count: records.count,
    failure,
    bytes: records.bytes,
    columns: columns.map((index) => set.columns[index]),
    file: set.chunk.context?.path ?? '',
  };
  // A column that is never NULL has nothing to stand in: a batch with one would be refused as a whole.
  const rejects = column.on_invalid === 'reject' || (!column.nullable && column.default_value === null);
  const fail = (row: number): void => {
    if (rejects) failRow(set, row, column.index, FAILURE.not_derivable);
  };
  compiled.evaluate(input, { column: set.columns[column.index], sink: sinkOf(records), fail });
}

/** Texts go behind the chunk's bytes. */
function sinkOf(records: Records): TextSink {
  return {
    reserve: (size_bytes) => reserveSpare(records, size_bytes),
    write(text) {
      const start = records.spare;
      records.spare += records.bytes.write(text, start);
      return start;
    },
    get end() {
      return records.spare;
    },
    get view() {
      return records.view;
    },
  };
}
