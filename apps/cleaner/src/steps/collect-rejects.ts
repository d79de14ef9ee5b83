import { type Chunk, LIMITS, REJECT_CODES, type Reject } from '@millrace/contracts';
import { canonicalValue } from './canonical-value.js';
import { hidesValues, isMasked, MASK, rawMasker } from './mask-rejects.js';
import { storableText } from './storable-text.js';
import { slotOf } from './values/cells.js';
import { FAILURE, NO_COLUMN, type WorkingSet } from './working-set.js';

const CR = 13;

/** All rejected records of a chunk, in order, each with its reason and its bytes, PII aside. */
export function collectRejects(set: WorkingSet, chunk: Chunk): Reject[] {
  const { plan, failure, failed_column } = set;
  const { bytes, count, record_start, record_end, distances } = set.records;
  const masker = hidesValues(plan) ? rawMasker(set) : null;
  const rejects: Reject[] = [];
  for (let row = 0; row < count; row++) {
    if (failure[row] === 0) continue;
    const index = failed_column[row];
    const column = index === NO_COLUMN ? null : plan.columns[index];
    // An entry is kept as it came; a record of a file without its line end.
    const line_end = record_end[row] - (distances === null && bytes[record_end[row] - 1] === CR ? 1 : 0);
    const raw_end = Math.min(line_end, record_start[row] + LIMITS.reject_raw_bytes);
    rejects.push({
      record: chunk.first_record + (distances === null ? row : distances[row]),
      column: column === null ? null : column.name,
      code: REJECT_CODES[failure[row] - 1],
      value: column === null ? null : isMasked(plan, column) ? MASK : rejectedValue(set, index, row),
      raw: masker ? masker(row, line_end) : bytes.toString('base64', record_start[row], raw_end),
    });
  }
  return rejects;
}

/** The value that failed: as it stood in the source, or what was derived; null where nothing could be. */
function rejectedValue(set: WorkingSet, index: number, row: number): string | null {
  const slot = set.plan.source_columns.indexOf(index);
  if (slot < 0) return set.failure[row] === FAILURE.outlier ? canonicalValue(set, set.plan.columns[index], row) : null;
  const { start, end } = slotOf(set, slot, row);
  return storableText(set.records.bytes, start, end, LIMITS.reject_value_bytes);
}
