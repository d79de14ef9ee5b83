import { hash } from 'node:crypto';
import { reserveSpare } from '@millrace/csv';
import type { ColumnPlan } from '@millrace/dataset';
import { type CodeColumn, NULL_SPAN, type SpanColumn, type WorkingSet } from '../working-set.js';
import type { Pass } from './cells.js';

/** Of SHA-256 in hex. */
const DIGEST_BYTES = 64;

/** Puts the SHA-256 of every value in its place, in lower-case hex; NULL stays NULL. */
export function hashValues(column: ColumnPlan): Pass {
  return (set) => {
    const into = set.columns[column.index] as SpanColumn | CodeColumn;
    if (into.encoding === 'text') hashTexts(set, into);
    else hashEntries(set, into);
  };
}

function hashTexts(set: WorkingSet, into: SpanColumn): void {
  const { failure, records } = set;
  reserveSpare(records, records.count * DIGEST_BYTES);
  const { bytes } = records;
  for (let row = 0; row < records.count; row++) {
    const from = into.start[row];
    if (failure[row] !== 0 || from === NULL_SPAN) continue;
    into.start[row] = writeDigest(set, bytes.subarray(from, into.end[row]));
    into.end[row] = records.spare;
  }
}

/** Each distinct value once: equal hashes are of equal values. */
function hashEntries(set: WorkingSet, { entries }: CodeColumn): void {
  const { records } = set;
  reserveSpare(records, entries.count * DIGEST_BYTES);
  const { bytes } = records;
  // The bytes may have moved to make room; what stood in them stands where it stood.
  entries.view = records.view;
  for (let entry = 0; entry < entries.count; entry++) {
    entries.start[entry] = writeDigest(set, bytes.subarray(entries.start[entry], entries.end[entry]));
    entries.end[entry] = records.spare;
  }
}

function writeDigest({ records }: WorkingSet, value: Buffer): number {
  const from = records.spare;
  records.spare += records.bytes.write(hash('sha256', value, 'hex'), from, 'latin1');
  return from;
}
